"""Screens of the terminal: objects in, rich renderables out; nothing is read or decided here."""
