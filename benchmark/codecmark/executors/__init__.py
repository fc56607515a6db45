"""The shelf of places to run lanes: one file, one place."""
