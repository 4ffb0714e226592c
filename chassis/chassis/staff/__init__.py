"""Sign-on of staff: they sign in at the user service, and each service keeps a local copy of their accounts."""
