"""A data set of the user's own: sounds whose genre a model got wrong, or was confirmed in."""
