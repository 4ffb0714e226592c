"""Helpers for the tests of services: deliver messages, look into the outbox, sign tokens, check a project."""
