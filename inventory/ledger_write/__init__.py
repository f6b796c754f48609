"""Ledgers written: templates for departments, and the estate as ledgers that read back the same.

columns.py   which columns a kind has, asked of what the reader knows (its fields and words)
reader.py    what is asked of the reader besides
cells.py     a value → a cell that the reader's own parser takes for that value
rows.py      objects → rows of cells; references become names where a name is enough
select.py    a part of an estate: kinds, one organisation's, one county's
book.py      tables → xlsx (openpyxl)
comma.py     tables → CSV
writing.py   files put where they belong
template.py  empty ledgers with an example, and their notes in notes.py
export.py    an estate → files, read back and compared
"""
