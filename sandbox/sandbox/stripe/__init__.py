"""A stand-in for Stripe."""
