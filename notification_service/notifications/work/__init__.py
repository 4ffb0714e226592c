"""What is done outside any transaction: deliveries are sent."""
