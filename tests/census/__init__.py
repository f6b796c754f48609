"""A city whose ledger is wrong in ways that we know: what its hosts are, and what was declared.

`hosts` what there is · `declared` what the ledger says, with its faults · `talk.py` what runs on a
host: listens, connects, holds.
"""
