"""The HTTP side: addresses, tokens, sessions, limits and the server. Pages come in as values."""
