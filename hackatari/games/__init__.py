"""The games: one data sheet per file."""
