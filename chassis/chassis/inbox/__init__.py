"""Messages are received once: the id is stored with the work it caused, failures are kept and retried."""
