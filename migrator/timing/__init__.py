"""From facts and means to a timetable.

jobs.py      a system → what moving it takes: data over a line, machines of a cloud, a crew's night
nights.py    which nights are open to whom
mapping.py   jobs, groups and means → a project of the scheduling core
arranging.py a project's schedule → a timetable
why.py       what holds an appointment where it is, and what would help
"""
