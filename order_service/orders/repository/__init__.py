"""The repositories: rows to domain objects and back."""
