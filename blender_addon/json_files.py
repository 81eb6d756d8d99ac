"""Small JSON files that are there whole or not at all; nothing of Blender."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from .contract.errors import InputError, as_fault

__all__ = ["read_json", "write_json"]

_MAX_BYTES = 16 * 1024**2


def read_json(path: Path) -> Any:
    """Raises :class:`InputError` for a file that is missing, too large or no JSON."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path} is larger than {_MAX_BYTES >> 20} MiB", remedy="remove it")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise as_fault(error) or error from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON", remedy="remove it, and style the strip again") from error


def write_json(path: Path, data: Any) -> None:
    """Write a file, and its folder if need be.

    Raises :class:`InputError` where the folder refuses it.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(data, stream, indent=2, ensure_ascii=False)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise as_fault(error) or error from error
