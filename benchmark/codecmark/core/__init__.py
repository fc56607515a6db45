"""The ground floor: the words everyone here speaks. It imports nothing else of ours, and no torch."""
