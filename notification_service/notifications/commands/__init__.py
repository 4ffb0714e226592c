"""Commands, one module per topic. Each is one transaction and calls nothing outside the process."""
