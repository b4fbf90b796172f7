"""What the worker processes do."""
