"""The names in a Cryptomatte layer: embedded in the header, or in a file beside the EXR.

Source: Cryptomatte Specification 1.2.0, "Metadata" and "Manifest". A manifest is
a help for people, never needed to extract a matte; so one that is missing or
broken is a problem to report when names must be looked up, not before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PureWindowsPath
from types import MappingProxyType

from ..contract.errors import InputError

__all__ = ["Manifest", "parse_manifest", "read_sidecar", "sidecar_path"]

MAX_BYTES = 64 * 1024**2
_HEX = re.compile(r"[0-9a-fA-F]{8}")


@dataclass(frozen=True)
class Manifest:
    """Names with their ids (bit patterns), and what is wrong with it, as a sentence."""

    ids: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    problem: str = ""


def parse_manifest(text: str, what: str) -> Manifest:
    """Read a JSON dictionary of names and ids of 8 hexadecimal digits.

    ``what`` names the manifest in the problem.
    """
    if len(text) > MAX_BYTES:
        return Manifest(problem=f"{what} is larger than {MAX_BYTES >> 20} MiB")
    return _parse(text, what)


# A shot repeats one manifest in every frame, and every region asks for it.
@lru_cache(maxsize=8)
def _parse(text: str, what: str) -> Manifest:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return Manifest(problem=f"{what} is not JSON")
    if not isinstance(data, dict):
        return Manifest(problem=f"{what} is not a dictionary of names and ids")
    ids = {name: int(entry, 16) for name, entry in data.items() if isinstance(entry, str) and _HEX.fullmatch(entry)}
    bad = len(data) - len(ids)
    problem = f"{what} has {bad} ids that are not 8 hexadecimal digits" if bad else ""
    return Manifest(MappingProxyType(ids), problem)


def sidecar_path(name: str, folder: Path) -> Path:
    """The file that the attribute ``manif_file`` names, below the folder of the EXR; it need not be there.

    Raises :class:`InputError` for a path that leaves the folder: an image must
    not decide which of a machine's files are read.
    """
    # Writers on Windows use backslashes; its rules also know drive letters. ".." and links show when resolved.
    relative = PureWindowsPath(name)
    if relative.is_absolute() or relative.drive or relative.root or "\0" in name:
        raise _leaves(name)
    if relative.suffix.lower() != ".json":
        raise InputError(f"the side-car manifest {name!r} is not a .json file", remedy="render with embedded manifests")
    base = folder.resolve()
    path = base.joinpath(*relative.parts).resolve()
    if not path.is_relative_to(base):
        raise _leaves(name)
    return path


def read_sidecar(name: str, folder: Path | None) -> Manifest:
    """The manifest in the file that ``manif_file`` names; raises what :func:`sidecar_path` raises."""
    path = sidecar_path(name, Path() if folder is None else folder)
    if folder is None:
        return Manifest(problem=f"the side-car manifest {name!r} cannot be found without the folder of the EXR")
    what = f"the side-car manifest {name!r}"
    try:
        if not path.is_file():
            return Manifest(problem=f"{what} is missing")
        if path.stat().st_size > MAX_BYTES:
            return Manifest(problem=f"{what} is larger than {MAX_BYTES >> 20} MiB")
        return parse_manifest(path.read_text(encoding="utf-8"), what)
    except (OSError, UnicodeDecodeError):
        return Manifest(problem=f"{what} cannot be read")


def _leaves(name: str) -> InputError:
    return InputError(
        f"the side-car manifest {name!r} is outside the folder of the EXR",
        remedy="put it beside the EXR, or render with embedded manifests",
    )
