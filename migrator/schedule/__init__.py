"""Schedules: when each activity of a project begins (docs/schedule.md)."""
