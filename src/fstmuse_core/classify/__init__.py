"""Classify a clip: samples in, genre and certainty out."""
