"""Users' pictures in the console's colours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from hackatari.palette import palette_of

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


@cache
def _nearest_indices(rom: str) -> np.ndarray:
    """Return the nearest palette index of all colours with 5 bits a channel, uint8 of shape (32, 32, 32)."""
    levels = np.arange(32) * 8 + 4
    colours = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    console = palette_of(rom).rgb[::2].astype(int)
    nearest = [((part - console) ** 2).sum(-1).argmin(-1) for part in np.array_split(colours, 32)]
    return (2 * np.concatenate(nearest)).astype(np.uint8).reshape(32, 32, 32)


@cache
def index_of(colour: tuple[int, int, int], rom: str) -> int:
    """Return the palette index of the colour that is nearest to an RGB colour in a game."""
    red, green, blue = colour
    return int(_nearest_indices(rom)[red >> 3, green >> 3, blue >> 3])


def find_pictures(path: str) -> tuple[Path, ...]:
    """Return the pictures that a path stands for: a file, or those in a folder by name.

    Raises:
        ValueError: If there are none.
    """
    place = Path(path).expanduser()
    if place.is_dir():
        found = tuple(sorted(file for file in place.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES))
        if not found:
            raise ValueError(f"There are no pictures ({', '.join(PICTURE_SUFFIXES)}) in the folder {path!r}.")
        return found
    if place.suffix.lower() not in PICTURE_SUFFIXES or not place.is_file():
        raise ValueError(
            f"{path!r} is no background: use noise, stripes, a colour such as #204060, or the path of a picture "
            f"({', '.join(PICTURE_SUFFIXES)}) or of a folder of pictures."
        )
    return (place,)


def check_pictures(paths: Sequence[Path]) -> None:
    """Raise a `ValueError` if one of the files is not a picture."""
    import cv2

    for path in paths:
        if not cv2.haveImageReader(str(path)):
            raise ValueError(f"{path} cannot be read as a picture.")


@lru_cache(maxsize=1024)
def load_picture(path: Path, height: int, width: int, rom: str) -> np.ndarray:
    """Return a picture in the size of a game's screen and in its colours, uint8 palette indices.

    Raises:
        ValueError: If the file cannot be read as a picture.
    """
    import cv2

    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError(f"{path} cannot be read as a picture.")
    resized: np.ndarray = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    blue, green, red = np.moveaxis(resized // 8, -1, 0)
    return _nearest_indices(rom)[red, green, blue]
