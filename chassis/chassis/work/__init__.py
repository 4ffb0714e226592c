"""Durable work: a row says what is to be done; whoever leases it does it outside any transaction and settles it."""
