"""Tasks of the worker processes."""
