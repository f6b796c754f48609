"""The lab: a made-up city on one machine, with hosts, rooms, lines and systems that really run.

`addresses` what there is (facts) · `lab` makes and ends it · `host` one host · `network` routers and
lines · `layers`, `workloads` what hosts boot from · `keeper`, `registry` nothing is left behind ·
`entrance` the gateway as tests use it · `client`, `measure` the citizen who measures · `fixtures`
for pytest · `python -m tests.lab up` for people.
"""
