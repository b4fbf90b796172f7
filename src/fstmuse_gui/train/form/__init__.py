"""What is asked before a training."""
