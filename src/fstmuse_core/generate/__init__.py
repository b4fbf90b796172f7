"""New clips: genre and seed in, sound out."""
