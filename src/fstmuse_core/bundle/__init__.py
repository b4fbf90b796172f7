"""Models on disk: described, checked, run, listed, moved in and out."""
