"""`Idempotency-Key`: the same request sent twice is carried out once and answered the same."""
