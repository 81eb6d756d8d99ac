"""Training recipes as files, whatever is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from ..contract.codec import decode
from ..contract.errors import InputError, UsageError

__all__ = ["read_recipe_file"]

MAX_BYTES = 1024**2
R = TypeVar("R")


def read_recipe_file(cls: type[R], path: Path) -> R:
    """Read and validate a training recipe of the dataclass ``cls``.

    Raises :class:`InputError` for a missing file, :class:`UsageError` naming the key for what it holds.
    """
    if not path.is_file():
        raise InputError(f"no training recipe at {path}", remedy="check the path")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path.name} is too large for a training recipe", remedy="check the path")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path.name} is not JSON", remedy="correct it") from error
    return decode(cls, data, path.name)
