"""A real OpenID provider, run by node."""
