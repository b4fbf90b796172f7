"""A music library: which files there are, what was heard in them, what the user said of it."""
