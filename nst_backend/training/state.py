"""The state of a run on disk: whole or not there, and read without trust."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from ..contract.errors import InputError
from ..media.atomic import atomic_path

__all__ = ["restore_state", "write_state"]


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write tensors and numbers to ``path``, atomically.

    Raises :class:`NstError` where the file cannot be written.
    """
    with atomic_path(path) as temporary:
        torch.save(dict(state), temporary)


def restore_state(path: Path, take: Callable[[dict[str, Any]], None], *, device: torch.device | str = "cpu") -> None:
    """Hand what ``path`` holds to ``take``, which may raise what ``load_state_dict`` raises for another network's.

    Raises :class:`InputError` where it is damaged or of another recipe.
    """
    try:
        take(torch.load(path, map_location=device, weights_only=True))
    except (RuntimeError, KeyError, ValueError, OSError) as error:
        raise InputError(
            f"{path} does not continue this recipe ({str(error).splitlines()[0]})",
            remedy="train into another folder, or remove the file to start anew",
        ) from error
