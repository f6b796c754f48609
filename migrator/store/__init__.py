"""The truth: what the database keeps, table by table, and its audit chain."""
