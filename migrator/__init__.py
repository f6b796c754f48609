"""Decides and acts: the only part that changes the world."""
