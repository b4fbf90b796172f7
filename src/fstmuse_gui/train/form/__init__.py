"""Form that is filled in before a training."""
