"""Torch adapters and inference-only networks that an `open` on the shelves loads."""
