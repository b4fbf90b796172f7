"""Data sets that a training learns from."""
