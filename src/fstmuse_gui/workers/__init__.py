"""Worker processes as Qt objects."""
