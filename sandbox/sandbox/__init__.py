"""Sandbox providers: payments, courier, mailbox. For the embedded run and for tests; never in production."""
