"""A codec and a metric for codecmark."""
