"""Every event and command that this service sends."""
