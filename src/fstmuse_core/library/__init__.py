"""A music library: its files, their classifications, and what the user said of them."""
