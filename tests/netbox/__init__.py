"""A real NetBox of one's own, on loopback: made, started, reset in a moment, stopped."""
