"""Trainings on disk."""
