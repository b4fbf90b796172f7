"""Class buckets: a page to sort songs by hand, and to hear it answer meanwhile."""
