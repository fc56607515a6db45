"""The shelf of corpora: one file, one corpus."""
