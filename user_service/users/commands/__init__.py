"""Commands, one module per topic: registration, sessions, revocation, passwords, profile, addresses, staff."""
