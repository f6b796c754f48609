"""Policies as data: what the documents order, and how a city stands.

`*.toml` one document each · `pack.py` what such a file holds · `loader.py` reads and explains it ·
`records.py` what people declare · `assess.py` judges an estate on a day (pure).
"""
