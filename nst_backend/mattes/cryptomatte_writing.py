"""Mattes written as Cryptomatte, so that any compositor can pick from them.

Source: Friedman, Jones 2015 and the Cryptomatte Specification 1.2.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..image.boxes import Box
from ..media.exr import write_exr
from .cryptomatte_hash import murmur3_32, name_to_id
from .source import Coverage

__all__ = ["layer_attributes", "rank", "write_cryptomatte"]

LEVELS = 6
"""Ranks that are written: so many things share one pixel."""


def rank(
    mattes: Mapping[str, tuple[Box, Coverage]], height: int, width: int, *, levels: int = LEVELS
) -> tuple[NDArray[np.uint32], Coverage]:
    """Ids and coverages ``(levels, H, W)``, in each pixel the largest coverage first.

    ``mattes``: coverage within a box by name. What more than ``levels`` share is
    lost from its thinnest on.
    """
    ids = np.zeros((levels, height, width), np.uint32)
    covers = np.zeros((levels, height, width), np.float32)
    for name, (box, coverage) in mattes.items():
        rows, columns = box.slices
        bits, amount = np.full(coverage.shape, name_to_id(name), np.uint32), coverage.astype(np.float32)
        bits[amount <= 0] = 0
        for level in range(levels):
            held_ids, held = ids[level, rows, columns], covers[level, rows, columns]
            more = amount > held
            ids[level, rows, columns], bits = np.where(more, bits, held_ids), np.where(more, held_ids, bits)
            covers[level, rows, columns], amount = np.where(more, amount, held), np.where(more, held, amount)
    return ids, covers


def layer_attributes(layer: str, names: Sequence[str]) -> dict[str, str]:
    """The header entries of one layer with its manifest."""
    key = f"cryptomatte/{murmur3_32(layer.encode()):08x}"[:19]
    manifest = {name: f"{name_to_id(name):08x}" for name in names}
    return {
        f"{key}/name": layer,
        f"{key}/hash": "MurmurHash3_32",
        f"{key}/conversion": "uint32_to_float32",
        f"{key}/manifest": json.dumps(manifest, ensure_ascii=False, separators=(",", ":")),
    }


def write_cryptomatte(
    path: Path, layer: str, mattes: Mapping[str, tuple[Box, Coverage]], height: int, width: int, *, names: Sequence[str]
) -> None:
    """Write one frame's mattes, atomically; ``names`` are those of the whole shot, for the manifest.

    Raises :class:`NstError` where the file cannot be written.
    """
    ids, covers = rank(mattes, height, width)
    deep = max(2, int((covers > 0).any(axis=(1, 2)).sum()))
    channels: dict[str, NDArray[np.float32]] = {}
    for level in range(deep + deep % 2):
        identity, cover = ("R", "G") if level % 2 == 0 else ("B", "A")
        channels[f"{layer}{level // 2:02d}.{identity}"] = ids[level].view(np.float32)
        channels[f"{layer}{level // 2:02d}.{cover}"] = covers[level]
    write_exr(path, channels, compression="zips", attributes=layer_attributes(layer, names))
