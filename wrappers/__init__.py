"""Gymnasium wrappers of the suite."""

from __future__ import annotations

from hackatari.wrappers.continuing import Continuing
from hackatari.wrappers.curriculum import Curriculum
from hackatari.wrappers.labels import RamLabels
from hackatari.wrappers.ram_patch import RamPatch

__all__ = ["Continuing", "Curriculum", "RamLabels", "RamPatch"]
