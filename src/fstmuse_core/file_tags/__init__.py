"""The tags that files carry: where they lie, and what they say."""
