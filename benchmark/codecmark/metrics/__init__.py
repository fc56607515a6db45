"""The shelf of evaluators: one file, one evaluator, which may give several scores."""
