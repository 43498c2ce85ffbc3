"""Agents for non-stationary, continuing worlds."""
