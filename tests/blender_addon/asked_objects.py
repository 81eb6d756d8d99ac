"""Inside Blender: objects asked for of the test beside it, as if a network had found them; see ``found_shot.py``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["parts", "write"]


def write(folder: Path, plate: str, **options: Any) -> None:
    """Have objects left beside the plate in the folder ``plate``; asks through a file in ``folder``."""
    hidden = folder / "found.part"
    hidden.write_text(json.dumps({"plate": plate, **options}), encoding="utf-8")
    ask = hidden.rename(hidden.with_suffix(".ask"))
    while ask.exists():
        time.sleep(0.05)
    fault = ask.with_suffix(".fault")
    assert not fault.exists(), fault.read_text(encoding="utf-8")


def parts(before: np.ndarray, after: np.ndarray, limit: float = 2 / 255) -> list[bool]:
    """Whether the left half, the upper and the lower right quarter of two pictures differ; rows from the top."""
    difference = np.abs(before - after)[..., :3].max(axis=2)
    height, width = difference.shape
    middle, centre = height // 2, width // 2
    # A seam is soft: a few pixels beside it are nobody's.
    found = (
        difference[:, : centre - 4],
        difference[: middle - 4, centre + 4 :],
        difference[middle + 4 :, centre + 4 :],
    )
    return [bool(part.max() > limit) for part in found]
