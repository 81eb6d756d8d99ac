"""The user's own folder of the extension, and how files get there whole."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import bpy

from ..contract.errors import as_fault

__all__ = ["user_folder", "write_json"]

_EXTENSION = __package__.rpartition(".")[0]


def user_folder(name: str, *, create: bool = False) -> Path:
    """A folder that outlives updates of the extension."""
    return Path(bpy.utils.extension_path_user(_EXTENSION, path=name, create=create))


def write_json(path: Path, data: Any) -> None:
    """Write a JSON file whole or not at all.

    Raises :class:`InputError` where the folder refuses it.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(data, stream, indent=2, ensure_ascii=False)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise as_fault(error) or error from error
