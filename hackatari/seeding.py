"""Seeds of the sub-envs of vector envs."""

from __future__ import annotations

from typing import Any

import numpy as np


def sub_env_seeds(seed: Any, num_envs: int) -> list[int | None]:
    """Return the seed of each sub-env, as Gymnasium's vector envs understand `reset(seed=...)`.

    Args:
        seed: None, an int, or a sequence or array. An int seeds sub-env i with seed + i; a sequence has one
            seed, or None, for each sub-env; None seeds none of them.
        num_envs: Number of sub-envs.

    Raises:
        ValueError: If the number of seeds is not that of the sub-envs.
    """
    if seed is None:
        return [None] * num_envs
    if np.ndim(seed) == 0:
        return [int(seed) + i for i in range(num_envs)]
    if len(seed) != num_envs:
        raise ValueError(f"Got {len(seed)} seeds for {num_envs} sub-envs: give one for each, or an int.")
    return [None if one is None else int(one) for one in seed]
