"""nginx as the gateway, and the program that writes its configuration."""
