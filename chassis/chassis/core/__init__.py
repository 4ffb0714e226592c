"""The parts for domains: errors, money, messages, context, environment. Standard library only."""
