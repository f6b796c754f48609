"""Runs whose steps are real processes on this machine, without hosts: for kills, zones and scale."""
