"""Reading what strangers have pickled without running their code.

A pickle is a program: it can import any object and call it. The unpickler here hands out only names from an
allow-list, the classes that a policy is made of: a checkpoint can describe itself and do nothing else.
"""

from __future__ import annotations

import collections
import importlib
import io
import os
import pickle
import re
from collections.abc import Callable, Mapping
from typing import IO, Any, NoReturn

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn
from torch.optim import Optimizer

from hackatari.agents.adaptive_clipping import AdaptiveKappa
from hackatari.benchmarks.agents import CheckpointError


class _CallOnly:
    """A function that a pickle can call but not change, as it could by setting its default arguments."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    def __setstate__(self, state: object) -> NoReturn:
        raise pickle.UnpicklingError("a function has no state")


class _Discarded:
    """Stands for a random generator, which acting does not need and NumPy's versions pickle differently."""

    __slots__ = ()

    def __init__(self, *args: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


_RANDOM_MODULES = ("numpy.random", "gym.utils.seeding", "gymnasium.utils.seeding")

# Pickled arrays name private functions of NumPy, whose module depends on the version that wrote the pickle.
_RECONSTRUCT: Any = np.empty(0).__reduce__()[0]
_SCALAR: Any = np.float64(0).__reduce__()[0]
_FROMBUFFER: Any = np.empty(1).__reduce_ex__(5)[0]

_OBJECTS: dict[str, Any] = {
    "builtins.frozenset": frozenset,
    "builtins.set": set,
    "builtins.slice": slice,
    "collections.OrderedDict": collections.OrderedDict,
    "numpy.dtype": np.dtype,
    "numpy.ndarray": np.ndarray,
    **{f"numpy.{scalar.__name__}": scalar for scalar in np.sctypeDict.values()},
}
for _core in ("numpy.core", "numpy._core"):
    _OBJECTS[f"{_core}.multiarray._reconstruct"] = _RECONSTRUCT
    _OBJECTS[f"{_core}.multiarray.scalar"] = _SCALAR
    _OBJECTS[f"{_core}.numeric._frombuffer"] = _CallOnly(_FROMBUFFER)

# A class defined in or below one of these modules is allowed if it derives from one of the bases. Algorithms
# and callbacks are not among them: their constructors make environments and folders. Every base has a
# `__setstate__`, so that a pickle which tries to set attributes of the class itself fails.
_BASES: dict[str, tuple[type, ...]] = {
    "gymnasium.spaces": (spaces.Space,),
    "hackatari.agents": (BasePolicy, BaseFeaturesExtractor, nn.Module, Optimizer, AdaptiveKappa),
    "sb3_contrib": (BasePolicy, BaseFeaturesExtractor),
    "stable_baselines3": (BasePolicy, BaseFeaturesExtractor, Optimizer),
    "torch.nn.modules.activation": (nn.Module,),
    "torch.optim": (Optimizer,),
}


class SafeUnpickler(pickle.Unpickler):
    """An unpickler that refuses every global outside its allow-list.

    Allowed are Gymnasium's spaces (also under the names of its predecessor Gym), NumPy arrays, scalars and
    dtypes, the policies, features extractors and optimizers of Stable-Baselines3, sb3-contrib and
    `hackatari.agents`, the latter's adaptive clipping, torch's activation functions and optimizers, `OrderedDict`,
    sets and slices. Random generators are not restored.
    """

    def __init__(self, file: IO[bytes], origin: str) -> None:
        """Prepare to read one pickle.

        Args:
            file: Binary file with the pickle.
            origin: What is being read, for error messages.
        """
        super().__init__(file)
        self._origin = origin

    def find_class(self, module: str, name: str) -> Any:
        """Look up a global on the allow-list.

        Args:
            module: Dotted name of the module.
            name: Name in that module. Dotted names, which pickle follows from attribute to attribute, are
                refused.

        Raises:
            CheckpointError: If the global is not on the list, or is not installed.
        """
        qualified_name = f"{module}.{name}"
        if _is_within(module, _RANDOM_MODULES):
            return _Discarded
        if qualified_name in _OBJECTS:
            return _OBJECTS[qualified_name]
        if qualified_name == "hackatari.agents.weight_clipping.weight_clipped":
            return _CallOnly(self._import(module, name))
        module = re.sub(r"^gym(?=\.)", "gymnasium", module)
        for package, bases in _BASES.items():
            if _is_within(module, (package,)) and name.isidentifier():
                found = self._import(module, name)
                # What a module merely imported from elsewhere is refused.
                if isinstance(found, type) and issubclass(found, bases) and found.__module__ == module:
                    return found
        raise CheckpointError(
            f"{self._origin} refers to `{qualified_name}`, which is not among the classes that are loaded "
            "without asking; if you trust where the file comes from, load it with --trust."
        )

    def _import(self, module: str, name: str) -> Any:
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise CheckpointError(
                f"{self._origin} needs `{module}.{name}`, which is not installed here ({error})."
            ) from error


def safe_loads(data: bytes, origin: str) -> Any:
    """Unpickle with `SafeUnpickler`.

    Args:
        data: The pickle.
        origin: What is being read, for error messages.

    Returns:
        The unpickled object.

    Raises:
        CheckpointError: If the pickle is damaged or refers to anything outside the allow-list.
    """
    try:
        return SafeUnpickler(io.BytesIO(data), origin).load()
    except CheckpointError:
        raise
    except Exception as error:  # a damaged or malicious pickle can raise anything
        raise CheckpointError(f"{origin} cannot be unpickled ({describe(error)}).") from error


def load_weights(file: str | os.PathLike[str] | IO[bytes], origin: str | None = None) -> dict[str, Any]:
    """Read a state dict written by `torch.save` onto the CPU, accepting tensors and plain containers only.

    Args:
        file: Path or binary file.
        origin: What is being read, for error messages; the path by default.

    Returns:
        The state dict, name to tensor.

    Raises:
        CheckpointError: If the file is damaged, is no state dict, or holds other Python objects.
    """
    origin = origin or f"`{file}`"
    try:
        weights = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        refused = re.search(r"GLOBAL ([\w.]+)", str(error))
        detail = f": it refers to `{refused[1]}`, which is never loaded" if refused else ""
        raise CheckpointError(f"{origin} is not a file of plain tensors{detail}.") from error
    except Exception as error:  # damaged data can raise anything
        raise CheckpointError(f"{origin} is damaged or not a PyTorch file ({describe(error)}).") from error
    if not isinstance(weights, Mapping) or not all(isinstance(name, str) for name in weights):
        raise CheckpointError(f"{origin} holds a `{type(weights).__name__}` instead of a state dict.")
    return dict(weights)


def restore_weights(module: nn.Module, weights: Mapping[str, Any], origin: str) -> None:
    """Copy a state dict into a network of the same architecture.

    Args:
        module: The network; its weights are replaced.
        weights: State dict, name to tensor.
        origin: What the weights were read from, for error messages.

    Raises:
        CheckpointError: If a tensor is missing, unknown, or of another shape.
    """
    expected = module.state_dict()
    problems = [f"`{name}` is missing" for name in expected if name not in weights]
    problems += [f"`{name}` is unknown" for name in weights if name not in expected]
    problems += [
        f"`{name}` has shape {_shape(weights[name])} instead of {_shape(tensor)}"
        for name, tensor in expected.items()
        if name in weights and _shape(weights[name]) != _shape(tensor)
    ]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise CheckpointError(f"{origin} does not fit the network: {problems[0]}{more}.")
    module.load_state_dict(weights)


def describe(error: Exception) -> str:
    """Put an exception on one line, for use within another message."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(":. ")


def _shape(value: object) -> tuple[int, ...] | None:
    return tuple(value.shape) if isinstance(value, torch.Tensor) else None


def _is_within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
