"""Staff sign in once, at the user service; each service keeps a shadow of who did what."""
