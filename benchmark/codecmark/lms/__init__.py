"""The shelf of codec language models: one file, one model."""
