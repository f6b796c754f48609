"""Looks, never touches: reachability and content, IPv4 and IPv6 always apart."""
