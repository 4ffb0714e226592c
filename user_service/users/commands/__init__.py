"""What can be done, one module a topic: sign-up, sessions, passwords, profile, addresses, staff."""
