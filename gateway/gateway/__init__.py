"""Writes the gateway's nginx configuration, finds an nginx that is new enough, and becomes it."""
