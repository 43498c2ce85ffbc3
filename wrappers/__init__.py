"""Gymnasium wrappers of the suite."""
