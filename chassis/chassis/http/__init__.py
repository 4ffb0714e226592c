"""What a service's web process shares: API helpers, tokens, problem documents, middleware, the server."""
