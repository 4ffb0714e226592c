"""The shared parts of web processes: API helpers, tokens, problem documents, middleware, the server."""
