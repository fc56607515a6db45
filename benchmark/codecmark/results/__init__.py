"""What was measured: records, the store of a run, and the tables made of it."""
