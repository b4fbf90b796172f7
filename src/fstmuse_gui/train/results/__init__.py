"""Results of a training."""
