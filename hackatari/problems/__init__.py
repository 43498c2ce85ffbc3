"""Continuing problems with known properties, each a batch of sub-envs (a `VectorEnv`) and a single env."""

from hackatari.problems.access_control import AccessControl, AccessControlEnv
from hackatari.problems.base import ContinuingProblem, ProblemEnv
from hackatari.problems.catch import Catch, CatchEnv
from hackatari.problems.mdp import MDP
from hackatari.problems.pendulum import Pendulum, PendulumEnv
from hackatari.problems.puck_world import PuckWorld, PuckWorldEnv
from hackatari.problems.random_walk import RandomWalk, RandomWalkEnv

__all__ = [
    "MDP",
    "AccessControl",
    "AccessControlEnv",
    "Catch",
    "CatchEnv",
    "ContinuingProblem",
    "Pendulum",
    "PendulumEnv",
    "ProblemEnv",
    "PuckWorld",
    "PuckWorldEnv",
    "RandomWalk",
    "RandomWalkEnv",
]
