from __future__ import annotations

import collections
import io
import os
import pickle
import re
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest
import sb3_contrib
import stable_baselines3
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticCnnPolicy
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from stable_baselines3.common.torch_layers import NatureCNN
from torch import nn

from hackatari.agents import ClippedAdam, SmallCNN
from hackatari.benchmarks.agents import CheckpointError
from hackatari.benchmarks.safe_pickle import load_weights, restore_weights, safe_loads


def short_string(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


def pickle_of_global(module: str, name: str, then: bytes = b"") -> bytes:
    """A protocol 4 pickle whose value is a global, changed by further opcodes."""
    return b"\x80\x04" + short_string(module) + short_string(name) + b"\x93" + then + b"."


def set_attribute(name: str) -> bytes:
    """Opcodes that set an attribute of the object on the stack to 7."""
    return b"N}" + short_string(name) + b"K\x07s\x86b"


def rename(pickled: bytes, module: str, other: str) -> bytes:
    """Exchange the name of a module in a short pickle of protocol 4 or 5, without the length at its start."""
    if pickled[2:3] == b"\x95":
        pickled = pickled[:2] + pickled[11:]
    return pickled.replace(short_string(module), short_string(other))


class MakesFolder:
    """Pickles to a call of `os.mkdir`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


POLICIES = [
    policy
    for package in (stable_baselines3, sb3_contrib)
    for name in ("A2C", "DQN", "PPO", "ARS", "MaskablePPO", "QRDQN", "RecurrentPPO", "TRPO")
    if hasattr(package, name)
    for policy in getattr(package, name).policy_aliases.values()
]


@pytest.mark.parametrize(
    "value",
    [
        *POLICIES,
        NatureCNN,
        SmallCNN,
        nn.ReLU,
        nn.Tanh,
        torch.optim.Adam,
        torch.optim.RMSprop,
        RMSpropTFLike,
        ClippedAdam,
        {"net_arch": {"pi": [64], "vf": [64, 64]}, "activation_fn": nn.ELU, "share_features_extractor": True},
        collections.OrderedDict(a=1),
        {1, 2},
        frozenset({3}),
        slice(1, 5),
        np.uint8,
        np.dtype(">f4"),
        np.float32(0.5),
        np.int64(7),
    ],
    ids=str,
)
def test_what_policies_are_made_of_is_restored(value: object) -> None:
    assert safe_loads(cloudpickle.dumps(value), "file") == value


@pytest.mark.parametrize("core", ["numpy.core", "numpy._core"], ids=["numpy 1", "numpy 2"])
@pytest.mark.parametrize("protocol", [4, 5])
@pytest.mark.parametrize("value", [np.arange(6.0).reshape(2, 3), np.arange(6).reshape(2, 3).T, np.int64(3)], ids=str)
def test_arrays_are_restored_whatever_version_wrote_them(value: Any, protocol: int, core: str) -> None:
    pickled = pickle.dumps(value, protocol)
    for module in ("multiarray", "numeric"):
        for written_by in ("numpy.core", "numpy._core"):
            pickled = rename(pickled, f"{written_by}.{module}", f"{core}.{module}")
    assert core.encode() in pickled
    np.testing.assert_array_equal(safe_loads(pickled, "file"), value)


@pytest.mark.parametrize(
    "space",
    [
        spaces.Box(0, 255, (4, 84, 84), np.uint8),
        spaces.Discrete(6),
        spaces.MultiDiscrete([2, 3]),
        spaces.MultiBinary(4),
        spaces.Dict(a=spaces.Discrete(2), b=spaces.Box(-1.0, 1.0, (3,))),
        spaces.Tuple((spaces.Discrete(2),)),
    ],
    ids=lambda space: type(space).__name__,
)
def test_spaces_are_restored_without_their_random_generators(space: spaces.Space[Any]) -> None:
    space.seed(1)
    restored = safe_loads(cloudpickle.dumps(space), "file")
    assert restored == space
    assert not isinstance(restored._np_random, np.random.Generator)


def test_spaces_of_gym_are_read_as_those_of_gymnasium() -> None:
    pickled = pickle.dumps(spaces.Discrete(6), protocol=4)
    pickled = rename(pickled, "gymnasium.spaces.discrete", "gym.spaces.discrete")
    assert b"gymnasium" not in pickled
    assert safe_loads(pickled, "file") == spaces.Discrete(6)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("posix", "mkdir"),
        ("builtins", "eval"),
        ("builtins", "exec"),
        ("builtins", "getattr"),
        ("builtins", "__import__"),
        ("functools", "partial"),
        ("operator", "attrgetter"),
        ("copyreg", "_reconstructor"),
        ("cloudpickle.cloudpickle", "_make_skeleton_class"),
        ("cloudpickle.cloudpickle", "_builtin_type"),
        ("torch", "load"),
        ("torch.storage", "_load_from_bytes"),
        ("torch.jit._script", "ScriptModule"),
        ("torch.nn.modules.container", "Sequential"),
        ("torch.hub", "load"),
        ("numpy", "load"),
        ("numpy.core.multiarray", "fromfile"),
        ("stable_baselines3.ppo.ppo", "PPO"),
        ("stable_baselines3.common.callbacks", "CheckpointCallback"),
        ("hackatari.agents.centered_ppo", "CenteredPPO"),
        ("hackatari.agents.weight_clipping", "clipping_bounds"),
        ("hackatari.benchmarks.agents", "load_agent"),
        ("gymnasium.spaces.utils", "flatten"),
        ("gymnasium", "make"),
        # Found in an allowed module, but from elsewhere:
        ("stable_baselines3.common.policies", "partial"),
        ("stable_baselines3.ppo.policies", "ActorCriticPolicy"),
        # Attributes of allowed classes:
        ("stable_baselines3.common.policies", "BasePolicy.load"),
        ("stable_baselines3.common.policies", "BasePolicy.__init__.__globals__"),
        ("numpy", "ndarray.tofile"),
    ],
)
def test_everything_else_is_refused(module: str, name: str) -> None:
    expected = (
        f"file refers to `{module}.{name}`, which is not among the classes that are loaded without asking; "
        "if you trust where the file comes from, load it with --trust."
    )
    with pytest.raises(CheckpointError, match=f"^{re.escape(expected)}$"):
        safe_loads(pickle_of_global(module, name), "file")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_refused_calls_have_no_effect(protocol: int, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    with pytest.raises(CheckpointError, match=r"refers to `(posix|nt)\.mkdir`"):
        safe_loads(pickle.dumps({"nested": [MakesFolder(folder)]}, protocol), "file")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("stable_baselines3.common.policies", "ActorCriticCnnPolicy"),
        ("stable_baselines3.common.torch_layers", "NatureCNN"),
        ("gymnasium.spaces.box", "Box"),
        ("torch.nn.modules.activation", "ReLU"),
        ("torch.optim.adam", "Adam"),
        ("collections", "OrderedDict"),
        ("numpy", "dtype"),
        ("numpy.random", "Generator"),
        ("numpy._core.numeric", "_frombuffer"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("hackatari.agents.weight_clipping", "weight_clipped"),
    ],
)
@pytest.mark.parametrize("attribute", ["__defaults__", "forward", "__init__"])
def test_a_pickle_cannot_change_what_it_names(module: str, name: str, attribute: str) -> None:
    safe_loads(pickle_of_global(module, name), "file")
    with pytest.raises(CheckpointError, match=r"^file cannot be unpickled \((Type|Attribute|Unpickling)Error"):
        safe_loads(pickle_of_global(module, name, then=set_attribute(attribute)), "file")


def test_an_allowed_name_that_is_not_installed_is_reported_as_such() -> None:
    with pytest.raises(CheckpointError, match=r"^file needs `sb3_contrib\.dreamer\.Policy`, which is not installed"):
        safe_loads(pickle_of_global("sb3_contrib.dreamer", "Policy"), "file")


@pytest.mark.parametrize("data", [b"", b"garbage", cloudpickle.dumps(ActorCriticCnnPolicy)[:-3]])
def test_damaged_pickles_give_an_error_that_names_the_file(data: bytes) -> None:
    with pytest.raises(CheckpointError, match=r"^pong\.zip cannot be unpickled \(\w+: .+\)\.$"):
        safe_loads(data, "pong.zip")


def saved(value: object) -> io.BytesIO:
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return file


def test_weights_are_read_and_restored() -> None:
    network, other = nn.Linear(3, 2), nn.Linear(3, 2)
    restore_weights(other, load_weights(saved(network.state_dict()), "file"), "file")
    torch.testing.assert_close(other.weight, network.weight)
    torch.testing.assert_close(other.bias, network.bias)


def test_weights_with_code_are_refused_without_running_it(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    with pytest.raises(
        CheckpointError, match=r"^file is not a file of plain tensors: it refers to `(posix|nt)\.mkdir`"
    ):
        load_weights(saved({"weight": MakesFolder(folder)}), "file")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "file is damaged or not a PyTorch file (EOFError"),
        (saved({"weight": torch.zeros(9)}).getvalue()[:-9], "file is damaged or not a PyTorch file (RuntimeError"),
        (saved([torch.zeros(2)]).getvalue(), "file holds a `list` instead of a state dict."),
        (saved({1: torch.zeros(2)}).getvalue(), "file holds a `dict` instead of a state dict."),
    ],
)
def test_files_without_weights_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(CheckpointError, match=f"^{re.escape(message)}"):
        load_weights(io.BytesIO(content), "file")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"weight": torch.zeros(2, 3)}, "file does not fit the network: `bias` is missing."),
        ({}, "file does not fit the network: `weight` is missing (and 1 more)."),
        (
            {"weight": torch.zeros(2, 3), "bias": torch.zeros(2), "scale": torch.ones(1)},
            "file does not fit the network: `scale` is unknown.",
        ),
        (
            {"weight": torch.zeros(2, 4), "bias": torch.zeros(2)},
            "file does not fit the network: `weight` has shape (2, 4) instead of (2, 3).",
        ),
        (
            {"weight": "zeros", "bias": torch.zeros(2)},
            "file does not fit the network: `weight` has shape None instead of (2, 3).",
        ),
    ],
)
def test_weights_of_another_network_are_refused(weights: dict[str, Any], message: str) -> None:
    network = nn.Linear(3, 2)
    with pytest.raises(CheckpointError, match=f"^{re.escape(message)}$"):
        restore_weights(network, weights, "file")
