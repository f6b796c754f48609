"""Reports → files: Excel, Word, printable HTML, PDF. Text from people stays text in each of them.

layout.py   what all writers share: how a cell reads, how wide a table is, the lines at its end
sheet.py    .xlsx (openpyxl): a sheet a table, as a form is handed in
word.py     .docx (python-docx): 报告、方案、简报 after GB/T 9704
word_parts.py   what python-docx has no call for: fonts of Chinese text, fields, borders
word_table.py   its tables
page.py     .html with CSS for print
pdf.py      .pdf: the page, printed by Debian's chromium
write.py    which writer for which kind of file
"""
