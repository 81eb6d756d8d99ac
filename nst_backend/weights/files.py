"""What is asked of any file of weights: whether its name stays in its folder, and its hash."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

__all__ = ["file_sha256", "is_plain_name"]


def is_plain_name(name: str) -> bool:
    """Whether a file name stays in its folder on every system."""
    return PurePosixPath(name).name == name and not set("\\:\0") & set(name) and name not in ("", "..", ".")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
