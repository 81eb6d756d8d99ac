"""Reading tensors from files that are not trusted.

safetensors, or a PyTorch pickle with ``weights_only=True``. Names, shapes, sizes
and finiteness are checked before anything is built from them.
"""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ..contract.errors import InputError

__all__ = ["load_tensors", "read_metadata"]

MAX_BYTES = 2 * 1024**3
MAX_HEADER = 4 * 1024**2
_REMEDY = "give a .safetensors file, or a .pth state dict that holds tensors only"


def _check_file(path: Path) -> int:
    if not path.is_file():
        raise InputError(f"no checkpoint at {path}", remedy="check the path")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{path.name} is larger than {MAX_BYTES >> 30} GiB", remedy=_REMEDY)
    return size


def _safetensors_header(path: Path, size: int) -> dict[str, object]:
    """The JSON header, its length checked against the file before it is read."""
    with path.open("rb") as stream:
        prefix = stream.read(8)
        length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
        if not 2 <= length <= min(MAX_HEADER, size - 8):
            raise InputError(f"{path.name} is not a safetensors file", remedy=_REMEDY)
        try:
            header = json.loads(stream.read(length))
        except (UnicodeDecodeError, ValueError, RecursionError):
            header = None
    if not isinstance(header, dict):
        raise InputError(f"{path.name} is not a safetensors file", remedy=_REMEDY)
    return header


def read_metadata(path: Path) -> dict[str, str]:
    """The ``__metadata__`` of a safetensors file; empty if there is none.

    Raises :class:`InputError` where the file is missing or not safetensors.
    """
    metadata = _safetensors_header(path, _check_file(path)).get("__metadata__", {})
    if not isinstance(metadata, dict):
        return {}
    return {str(key): str(value) for key, value in metadata.items()}


def load_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a checkpoint as float32 on the CPU, by name.

    Integer entries (batch counters of published checkpoints) are dropped.
    Raises :class:`InputError` for a file that is missing, too large, not a
    checkpoint, or holds a value that is not finite.
    """
    size = _check_file(path)
    if path.suffix == ".safetensors":
        _safetensors_header(path, size)
        try:
            raw: object = load_file(path, device="cpu")
        except (SafetensorError, OSError, ValueError) as error:
            raise InputError(f"{path.name} cannot be read as safetensors ({error})", remedy=_REMEDY) from error
    else:
        try:
            raw = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch.load documents no closed set of exceptions
            raise InputError(f"{path.name} is not a checkpoint of plain tensors", remedy=_REMEDY) from error
    if isinstance(raw, dict) and isinstance(raw.get("state_dict"), dict):
        raw = raw["state_dict"]
    if not isinstance(raw, dict) or not raw:
        raise InputError(f"{path.name} holds no state dict", remedy=_REMEDY)
    tensors: dict[str, Tensor] = {}
    for name, value in raw.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise InputError(f"{path.name} holds something that is not a named tensor", remedy=_REMEDY)
        if not value.is_floating_point():
            continue
        value = value.detach().to(torch.float32)
        if not math.isfinite(float(value.abs().sum(dtype=torch.float64))):
            raise InputError(f"{path.name}: {name} holds values that are not finite", remedy="train or fetch it anew")
        tensors[name] = value
    if not tensors:
        raise InputError(f"{path.name} holds no tensors", remedy=_REMEDY)
    return tensors
