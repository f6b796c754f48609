"""Reports: what an office hands in, as values (requirements F). Pure; files are made of them in
`inventory/report_write`.

model.py     a report: title, sections, tables, signatures, what it was made from; its digest
case.py      what a report is made from: policy, estate of the cut-off day, scope
periods.py   which period, which cut-off day, when it is due, who has handed in and who has not
phrases.py   figures, days and words as an office writes them
targets.py   targets of a policy as rows of a table
kinds.py     form → the function that makes it
*.py         one form, or a few that are alike, a file
"""
