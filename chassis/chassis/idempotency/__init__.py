"""`Idempotency-Key`: the same request sent twice is executed once and gets the same response."""
