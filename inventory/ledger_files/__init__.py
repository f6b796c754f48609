"""What is in a ledger's file: bytes from outside → rows of cells, in a process of its own.

    parent.py   opens the file, starts the child, takes its answer
    child.py    bounds its own memory and time, says what the file is, reads it
    archive.py  a zip: is it one that may be parsed at all
    spreadsheet_xml.py, open_document.py, compound.py   what the parser does not tell: cells that hold
                an error or a formula without its value, links to outside, macros
    workbook.py (calamine) and text_table.py (CSV)   the rows

The child imports the standard library and calamine only, so that it starts quickly.
"""
