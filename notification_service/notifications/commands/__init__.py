"""What this service does: each function is one transaction."""
