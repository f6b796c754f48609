"""Surveys: what is looked at rarely and widely for readiness (checks 1, 2, 6, 7 and 11).

page.py     links and things of a page; how like two pages are. Pure
site.py     an entrance over both families: bounded walk of its internal links
names.py    an entrance's name: AAAA, name servers over IPv6
alone.py    whether this machine has IPv6 alone
survey.py   all of it for one entrance or node
store.py    what was seen, day by day
"""
