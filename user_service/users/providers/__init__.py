"""What stands outside of the database: the signing keys, the password hasher, the throttle in Redis."""
