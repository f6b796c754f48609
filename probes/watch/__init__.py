"""The prober: looks at every target again and again, for years.

Three processes, so that none disturbs another: one writes the list of targets from the estate, one
(`prober`) looks and counts into a table of fixed records in a mapped file, one (`exporter`) renders
that table. The file is why counters and outages outlive each of them, however it ends.
"""
