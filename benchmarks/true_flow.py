"""Flicker along motion that is given as files, as MPI-Sintel and Middlebury give it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nst_backend.contract.errors import InputError
from nst_backend.flow.source import Motion
from nst_backend.image.warp import FloatArray, inside
from nst_backend.metrics.temporal import score_pair, summarise

__all__ = ["true_e_cons"]

_MAGIC = np.float32(202021.25)


def true_e_cons(pictures: Sequence[FloatArray], plates: Sequence[FloatArray], folder: Path) -> float | None:
    """E_cons of each picture against the next, ``(H, W, 3)`` and display-referred as the plates.

    The ``.flo`` files of ``folder``, in the order of their names, lead from each
    frame to the next. They have no occlusions: what is covered is told by the
    plate, which changes there.

    Raises :class:`InputError` where they are too few or damaged.
    """
    files = sorted(folder.glob("*.flo"))
    if len(files) < len(pictures) - 1:
        raise InputError(f"{len(files)} fields of flow for {len(pictures)} pictures", remedy="give one for each pair")
    pairs = []
    for index, path in enumerate(files[: len(pictures) - 1]):
        flow = _read_flo(path)
        seen = inside(flow)
        motion = Motion(flow, None, seen, seen, "exact")
        pairs.append(score_pair(pictures[index], pictures[index + 1], plates[index], plates[index + 1], motion))
    return summarise(pairs).e_cons


def _read_flo(path: Path) -> FloatArray:
    """A Middlebury ``.flo``: ``(H, W, 2)`` pixels, x right and y down."""
    data = path.read_bytes()
    if len(data) < 12 or np.frombuffer(data, "<f4", 1)[0] != _MAGIC:
        raise InputError(f"{path} is not a .flo file", remedy="give flow in Middlebury's format")
    width, height = (int(side) for side in np.frombuffer(data, "<i4", 2, 4))
    if len(data) < 12 + 8 * width * height:
        raise InputError(f"{path} ends early", remedy="copy it again")
    return np.frombuffer(data, "<f4", width * height * 2, 12).reshape(height, width, 2)
