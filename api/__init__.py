"""Every way in: HTTP, command line, settings."""
