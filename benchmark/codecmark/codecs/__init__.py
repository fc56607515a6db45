"""The shelf of codecs: one file describes one codec family and opens its settings."""
