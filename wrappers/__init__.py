"""Gymnasium wrappers of the suite."""

from __future__ import annotations

from hackatari.wrappers.continuing import Continuing
from hackatari.wrappers.curriculum import Curriculum
from hackatari.wrappers.labels import RamLabels, RamObservation
from hackatari.wrappers.objects import ObjectLabels, ObjectObservation
from hackatari.wrappers.ram_patch import RamPatch

__all__ = [
    "Continuing",
    "Curriculum",
    "ObjectLabels",
    "ObjectObservation",
    "RamLabels",
    "RamObservation",
    "RamPatch",
]
