"""From a plan to records: synthesize, time, score."""
