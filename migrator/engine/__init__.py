"""The run: Temporal's workflows and activities, gates, progress, what is told of it."""
