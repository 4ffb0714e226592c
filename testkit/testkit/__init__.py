"""Helpers for the tests of services: deliver messages, read the outbox, sign tokens, check a project."""
