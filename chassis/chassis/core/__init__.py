"""What a domain may use: errors, money, messages, context, environment. Standard library only."""
