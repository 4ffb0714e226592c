"""Work outside any transaction: sending deliveries."""
