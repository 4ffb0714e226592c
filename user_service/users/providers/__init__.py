"""Resources outside the database: signing keys in files, the tokens they sign, and the throttle in Redis."""
