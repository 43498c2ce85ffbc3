"""Evaluation of agents on variants: checkpoints, statistics, reports."""
