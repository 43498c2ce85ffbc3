"""Metrics of continual learning: what an agent knows of T tasks that it learns one after the other.

Two kinds of data go in. A *matrix* p of shape (..., T, T) has in `p[..., j, i]` the performance on task i that was
measured when the learning of task j had ended. A *curve* of shape (..., n) has the performance on the task that is
being learned, at n points at equal distances. Leading axes, for instance seeds, are kept. Performance should be
normalised, an accuracy or a normalised score, where 1 is the best that can be hoped for.

Definitions are those of Wolczyk et al.: *Continual World* (2021), unless said otherwise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def task_performance(curve: ArrayLike, tasks: int) -> FloatArray:
    """Mean performance within each task of an online learning curve.

    Args:
        curve: Shape (..., n): n points over all tasks, the same number for each.
        tasks: Number of tasks T.

    Returns:
        Shape (..., T).

    Raises:
        ValueError: If n is not a multiple of T, or a value is not finite.
    """
    curve = _curve(curve)
    if tasks < 1 or curve.shape[-1] % tasks:
        raise ValueError(f"A curve of {curve.shape[-1]} points cannot be cut into {tasks} tasks of equal length.")
    return curve.reshape(*curve.shape[:-1], tasks, -1).mean(axis=-1)


def area_under_curve(curve: ArrayLike) -> FloatArray:
    """Area under a learning curve by the trapezoidal rule, divided by its length.

    `AUC = 1/(n-1) * sum_k (c_k + c_{k+1}) / 2`: the mean of a performance that changes linearly between the points.

    Args:
        curve: Shape (..., n), n >= 2.

    Returns:
        Shape (...).

    Raises:
        ValueError: If there are fewer than two points, or a value is not finite.
    """
    curve = _curve(curve)
    if curve.shape[-1] < 2:
        raise ValueError("An area needs a curve of at least 2 points, got 1.")
    return ((curve[..., :-1] + curve[..., 1:]) / 2).mean(axis=-1)


def average_performance(matrix: ArrayLike) -> FloatArray:
    """Mean performance on all tasks at the end: `P = 1/T * sum_i p[T-1, i]`.

    Args:
        matrix: Shape (..., T, T).

    Returns:
        Shape (...).

    Raises:
        ValueError: If the matrix is not square, or a value is not finite.
    """
    return _matrix(matrix)[..., -1, :].mean(axis=-1)


def forgetting(matrix: ArrayLike) -> FloatArray:
    """What was known of each task when its learning had ended, and is lost at the end: `F_i = p[i, i] - p[T-1, i]`.

    The last task cannot be forgotten yet and is left out; the usual figure is the mean over the others. Negative values
    are gains, so that the mean is also minus the *backward transfer* of Lopez-Paz & Ranzato (2017).

    Args:
        matrix: Shape (..., T, T), T >= 2.

    Returns:
        Shape (..., T-1).

    Raises:
        ValueError: If the matrix is not square, has one task only, or a value is not finite.
    """
    matrix = _matrix(matrix)
    if matrix.shape[-1] < 2:
        raise ValueError("Forgetting needs at least 2 tasks, got 1.")
    learned = np.diagonal(matrix, axis1=-2, axis2=-1)
    return (learned - matrix[..., -1, :])[..., :-1]


def forward_transfer(curve: ArrayLike, baseline: ArrayLike) -> FloatArray:
    """How much faster a task is learned than from scratch: `FT = (AUC - AUC_b) / (1 - AUC_b)`.

    1 is to be perfect at once, 0 no difference, negative values are a handicap: the loss of plasticity, for instance.

    Args:
        curve: Learning curve of the task in the sequence, shape (..., n).
        baseline: That of an agent that learns this task alone, for as many steps; of a shape that broadcasts.

    Returns:
        Shape (...).

    Raises:
        ValueError: If the baseline is perfect from the start, which makes it undefined, or a curve does not fit
            `area_under_curve`.
    """
    area, baseline_area = area_under_curve(curve), area_under_curve(baseline)
    if np.any(baseline_area >= 1):
        raise ValueError("Forward transfer is undefined where the baseline's area under the curve is 1 or more.")
    return (area - baseline_area) / (1 - baseline_area)


def _curve(curve: ArrayLike) -> FloatArray:
    curve = np.asarray(curve, dtype=np.float64)
    if curve.ndim < 1 or curve.shape[-1] < 1:
        raise ValueError(f"A curve must have shape (..., n) with n of at least 1, got {curve.shape}.")
    return _finite(curve)


def _matrix(matrix: ArrayLike) -> FloatArray:
    matrix = np.asarray(matrix, dtype=np.float64)
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2] or not matrix.shape[-1]:
        raise ValueError(f"The matrix must have shape (..., T, T), got {matrix.shape}.")
    return _finite(matrix)


def _finite(values: FloatArray) -> FloatArray:
    if not np.all(np.isfinite(values)):
        raise ValueError("Performance must be finite, got nan or inf.")
    return values
