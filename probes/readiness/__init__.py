"""IPv6 readiness L0 to L6 from stored looks. Pure: facts and evidence in, levels out.

evidence.py   what is known: standings of now, days of history, what surveys saw; thresholds
checks.py     checks 1 to 11, each to a Finding
levels.py     a node's, a link's, a system's level, and the city's
report.py     the report for the department
"""
