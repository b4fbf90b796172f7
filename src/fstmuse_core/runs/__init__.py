"""Trainings: their settings, their events, and their folders on disk."""
