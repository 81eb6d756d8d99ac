"""Plates with Cryptomatte, annotations, and a recipe, small enough to train a segmenter on in a test."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nst_backend.contract.codec import decode
from nst_backend.image.boxes import Box
from nst_backend.mattes.cryptomatte_writing import layer_attributes, rank
from nst_backend.media.exr import write_exr
from nst_backend.media.images import write_image
from nst_backend.training.segmenters.recipe import SegmenterRecipe

HEIGHT, WIDTH = 64, 96
LAYER = "CryptoObject"
COLOURS = {
    "Hero.Body": (0.6, 0.1, 0.1),
    "Hero.Head": (0.8, 0.5, 0.1),
    "Car.1": (0.1, 0.2, 0.7),
    "Car.2": (0.1, 0.6, 0.6),
}
"""Scene-linear."""


def places(frame: int) -> dict[str, Box]:
    """Where each thing is in a frame; what is named first lies in front."""
    shift = frame % 4 * 3
    return {
        "Hero.Body": Box(24, 6 + shift, 50, 26 + shift),
        "Hero.Head": Box(12, 10 + shift, 24, 22 + shift),
        "Car.1": Box(36, 44, 54, 66),
        "Car.2": Box(20 + shift, 70, 36 + shift, 90),
    }


def write_plate(
    folder: Path, frames: int = 4, *, extra: dict[str, Box] | None = None, without: str = "-", scale: int = 1
) -> Path:
    """``shot.####.exr`` of coloured boxes with their Cryptomatte; returns the folder.

    ``without`` leaves out what begins so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for frame in range(1, frames + 1):
        found = {name: box for name, box in places(frame).items() if not name.startswith(without)} | (extra or {})
        rng = np.random.default_rng(frame)
        rgb = rng.uniform(0.2, 0.3, (HEIGHT, WIDTH, 3)).astype(np.float32)
        free = np.ones((HEIGHT, WIDTH), np.bool_)
        mattes = {}
        for name, box in found.items():
            seen = free[box.slices].copy()
            rgb[box.slices][seen] = COLOURS.get(name, (0.9, 0.9, 0.9))
            free[box.slices] = False
            mattes[name] = (box, seen.astype(np.float32))
        ids, covers = rank(mattes, HEIGHT, WIDTH, levels=2)
        channels = {name: rgb[..., index] for index, name in enumerate("RGB")}
        for level, (identity, cover) in enumerate(("rg", "ba")):
            channels[f"{LAYER}00.{identity}"] = ids[level].view(np.float32)
            channels[f"{LAYER}00.{cover}"] = covers[level]
        large = {
            name: np.ascontiguousarray(values.repeat(scale, 0).repeat(scale, 1)) for name, values in channels.items()
        }
        write_exr(folder / f"shot.{frame:04d}.exr", large, attributes=layer_attributes(LAYER, tuple(found)))
    return folder


def write_annotations(folder: Path, *, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Path:
    """Three pictures with a polygon and run lengths each; ``size`` is what the file says of them."""
    folder.mkdir(parents=True, exist_ok=True)
    images, entries = [], []
    for number in (1, 2, 3):
        picture = np.full((HEIGHT, WIDTH, 3), 0.4, np.float32)
        picture[20:40, 10:30], picture[30:50, 50:80] = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
        write_image(folder / f"photo{number}.png", picture)
        images.append({"id": number, "file_name": f"photo{number}.png", "width": size[0], "height": size[1]})
        mask = np.zeros((HEIGHT, WIDTH), np.bool_)
        mask[30:50, 50:80] = True
        polygon = [10, 20, 30, 20, 30, 40, 10, 40]
        lengths = {"size": [HEIGHT, WIDTH], "counts": _runs(mask)}
        for category, segmentation in ((7, [polygon]), (9, lengths)):
            entries.append(
                {"id": len(entries) + 1, "image_id": number, "category_id": category, "segmentation": segmentation}
            )
    categories = [{"id": 7, "name": "hero"}, {"id": 9, "name": "car"}]
    path = folder / "shot.json"
    path.write_text(json.dumps({"images": images, "annotations": entries, "categories": categories}), encoding="utf-8")
    return path


def _runs(mask: NDArray[np.bool_]) -> list[int]:
    flat = np.concatenate([[False], mask.T.ravel()])
    ends = np.flatnonzero(np.diff(flat)).tolist()
    return [int(run) for run in np.diff([0, *ends, mask.size])]


def segmenter_recipe(**changes: object) -> SegmenterRecipe:
    """A hero of two parts and two cars; six steps of a tiny network."""
    data: dict[str, object] = {
        "name": "tiny",
        "classes": [{"name": "hero", "names": ["Hero.*"]}, {"name": "car", "names": ["Car.*"], "each": True}],
        "network": {"network": "small", "width": 8, "levels": 3, "short_side": 64, "long_side": 96},
        "steps": 6,
        "batch": 2,
        "warm": 2,
        "seed": 5,
    }
    return decode(SegmenterRecipe, {**data, **changes})
