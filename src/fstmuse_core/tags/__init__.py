"""Genre tags: read, planned, written without risk to the sound, and taken back."""
