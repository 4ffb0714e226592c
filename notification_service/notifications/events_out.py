"""Every event and command that this service sends: none. It is where the messages end and people begin."""
