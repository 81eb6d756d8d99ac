"""A strip's results on disk: where they lie, which there are, how large, and how one goes; nothing of Blender.

``//brushpass/<scene>/<strip>/v###/`` is the template's default: the last part names a
version, what is before it is the strip's *shelf*, which also holds the plate that all
versions were made of.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..backend.folders import size_of
from ..contract.errors import InputError, NstError, UsageError, as_fault
from ..contract.frames import FrameRange
from ..json_files import read_json, write_json

__all__ = [
    "DEFAULT_TEMPLATE",
    "MOVIE_SUFFIXES",
    "PLATE_FOLDER",
    "Template",
    "Version",
    "claim_shelf",
    "claim_version",
    "delete_version",
    "describe_version",
    "find_shelf",
    "frame_name",
    "is_movie",
    "list_versions",
    "present",
    "read_version",
    "safe_name",
    "version_name",
]

DEFAULT_TEMPLATE = "//brushpass/<scene>/<strip>/v###/"
PLATE_FOLDER = "plate"
MOVIE_SUFFIXES = (".mp4", ".mov")
_FORMAT = 1
_OWNER_FILE = "strip.json"
_VERSION_FILE = "version.json"
_LONGEST_NAME = 100
_MOST_VERSIONS = 99_999
# Windows forbids these, frame patterns and templates use the others.
_UNSAFE = re.compile(r'[<>:"/\\|?*#%\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def safe_name(name: str) -> str:
    """A folder name for a Blender name, on every system; letters of all scripts stay.

    Two names that differ never become the same: one that had to be changed ends in a
    digest of itself.
    """
    composed = unicodedata.normalize("NFC", name)
    safe = _UNSAFE.sub("_", composed).strip(". ")
    if _RESERVED.fullmatch(safe):
        safe = f"_{safe}"
    while len(safe.encode()) > _LONGEST_NAME:
        safe = safe[:-1].rstrip(". ")
    if safe == composed and safe:
        return safe
    return f"{safe or '_'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


# ---- Where


@dataclass(frozen=True)
class Template:
    """A checked template of version folders."""

    shelf: str
    """Before the version's part: ``//`` is the .blend's folder; ``<scene>``, ``<strip>``, ``<file>`` are names."""
    version: str
    """The version's part, with one run of ``#``."""

    @classmethod
    def parse(cls, text: str) -> Template:
        """Raises :class:`UsageError` that says what the template lacks."""
        remedy = f"write it like {DEFAULT_TEMPLATE}"
        plain = text.strip().replace("\\", "/").rstrip("/")
        shelf, _, version = plain.rpartition("/")
        if len(re.findall(r"#+", version)) != 1 or "#" in shelf:
            raise UsageError(f"{text!r} has no ### for the version in its last part", remedy=remedy)
        if safe_name(version.replace("#", "0")) != version.replace("#", "0"):
            raise UsageError(f"{version!r} cannot be a folder's name", remedy=remedy)
        if "<strip>" not in shelf:
            raise UsageError(f"{text!r} puts all strips into one folder", remedy=f"use <strip>: {remedy}")
        for name in re.findall(r"<([^>]*)>", shelf):
            if name not in ("scene", "strip", "file"):
                raise UsageError(f"{text!r} has an unknown <{name}>", remedy="use <scene>, <strip> and <file>")
        if not shelf.startswith("//") and not os.path.isabs(shelf):
            raise UsageError(f"{text!r} is relative to nothing", remedy="begin it with // or write a whole path")
        return cls(shelf, version)

    def folder(self, *, blend: str, scene: str, strip: str) -> Path:
        """The shelf of a strip.

        Raises :class:`UsageError` where it is relative to a .blend that was never saved.
        """
        names = {"<scene>": scene, "<strip>": strip, "<file>": Path(blend).stem or "untitled"}
        shelf = self.shelf
        if shelf.startswith("//"):
            if not blend:
                raise UsageError("the file was never saved, and results lie beside it", remedy="save it first")
            shelf = os.path.join(os.path.dirname(blend), shelf[2:])
        # All at once, so that a name that looks like a placeholder stays a name.
        return Path(os.path.normpath(re.sub(r"<\w+>", lambda found: safe_name(names[found[0]]), shelf)))


def version_name(pattern: str, number: int) -> str:
    """``v###`` and 7 to ``v007``."""
    return _numbered(pattern, number)


def frame_name(pattern: str, number: int) -> str:
    """``styled.####.png`` and 1001 to ``styled.1001.png``."""
    return _numbered(pattern, number)


def _numbered(pattern: str, number: int) -> str:
    return re.sub(r"#+", lambda marks: f"{number:0{len(marks[0])}d}", pattern)


def is_movie(styled: str) -> bool:
    """Whether the file name of a version's styled frames is that of one movie."""
    return Path(styled).suffix.lower() in MOVIE_SUFFIXES


def present(folder: Path, pattern: str) -> set[int]:
    """Numbers of the frames in a folder, named by a pattern with ####."""
    head, _, tail = pattern.partition("####")
    found = set()
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            middle = entry.name.removeprefix(head).removesuffix(tail)
            if entry.name == f"{head}{middle}{tail}" and middle.isdigit():
                found.add(int(middle))
    return found


def find_shelf(folder: Path, mark: str) -> Path | None:
    """The shelf that :func:`claim_shelf` made of ``folder`` for a mark; None where it made none."""
    for candidate in _candidates(folder):
        if not candidate.is_dir():
            return None
        with contextlib.suppress(NstError):
            if read_json(candidate / _OWNER_FILE).get("mark") == mark:
                return candidate
    return None


def claim_shelf(folder: Path, mark: str) -> Path:
    """``folder``, made if need be, or the first of ``folder-2`` and so on that is no other strip's.

    Two names can mean one folder where a file system knows no case, and a strip can be
    given the name that another one had.
    """
    for candidate in _candidates(folder):
        owner = candidate / _OWNER_FILE
        try:
            if owner.exists():
                if read_json(owner).get("mark") == mark:
                    return candidate
            elif not candidate.exists() or not any(candidate.iterdir()):
                write_json(owner, {"brushpass": _FORMAT, "mark": mark})
                return candidate
        except OSError as error:
            raise as_fault(error) or error from error
    raise InputError(f"{folder} and a thousand others are taken", remedy="remove some of them")


def _candidates(folder: Path) -> Iterator[Path]:
    yield folder
    yield from (folder.with_name(f"{folder.name}-{count}") for count in range(2, 1000))


# ---- Versions


@dataclass(frozen=True)
class Version:
    """One result."""

    number: int
    folder: Path
    created: str
    """ISO 8601, UTC; empty where the version does not tell."""
    styled: str
    """File name of the frames, with ####, or of the movie."""
    recipe: Mapping[str, Any]

    @property
    def first(self) -> int | None:
        """The number of its first frame; None where the recipe does not tell."""
        try:
            return FrameRange.parse(str(self.recipe["plate"]["frames"]), "plate.frames").numbers[0]
        except (KeyError, TypeError, NstError):
            return None


def claim_version(shelf: Path, pattern: str) -> tuple[int, Path]:
    """The next number and its new folder without frames; two processes never get the same.

    Raises :class:`InputError` where the folder cannot be made.
    """
    number = max((version for version, _ in _folders(shelf, pattern)), default=0) + 1
    while number <= _MOST_VERSIONS:
        folder = shelf / version_name(pattern, number)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
            continue
        except OSError as error:
            raise as_fault(error) or error from error
        describe_version(folder, styled="", recipe={})
        return number, folder
    raise InputError(f"{shelf} holds {_MOST_VERSIONS} versions", remedy="delete some of them")


def describe_version(folder: Path, *, styled: str, recipe: Mapping[str, Any]) -> None:
    """Write beside a version's frames how they are named and by what recipe they are made."""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(
        folder / _VERSION_FILE, {"brushpass": _FORMAT, "created": created, "styled": styled, "recipe": dict(recipe)}
    )


def list_versions(shelf: Path, pattern: str) -> tuple[Version, ...]:
    """All versions, the first first. One without a readable description is listed all the same."""
    return tuple(read_version(number, folder) for number, folder in sorted(_folders(shelf, pattern)))


def read_version(number: int, folder: Path) -> Version:
    """What a version's folder tells of itself, which may be nothing."""
    try:
        told = read_json(folder / _VERSION_FILE)
    except NstError:
        told = {}
    told = told if isinstance(told, dict) else {}
    recipe = told.get("recipe")
    return Version(
        number,
        folder,
        str(told.get("created", "")),
        os.path.basename(str(told.get("styled", ""))),
        recipe if isinstance(recipe, dict) else {},
    )


def delete_version(shelf: Path, pattern: str, number: int) -> int:
    """Delete a version's folder and nothing else; returns the bytes that it took.

    It is renamed first: a version that is seen is whole.

    Raises :class:`UsageError` where the folder is a link or was not made by Brushpass.
    """
    folder = shelf / version_name(pattern, number)
    if folder.is_symlink() or folder.parent.resolve() != folder.resolve().parent:
        raise UsageError(f"{folder} is a link", remedy="delete it yourself, if you mean to")
    if not (folder / _VERSION_FILE).is_file():
        raise UsageError(f"{folder} is no version that Brushpass made", remedy="delete it yourself, if you mean to")
    size = size_of(folder)
    doomed = shelf / f".deleted-{secrets.token_hex(4)}"
    try:
        folder.rename(doomed)
        shutil.rmtree(doomed)
    except OSError as error:
        raise as_fault(error) or error from error
    return size


def _folders(shelf: Path, pattern: str) -> list[tuple[int, Path]]:
    head, marks, tail = re.split(r"(#+)", pattern)
    expression = re.compile(re.escape(head) + rf"(\d{{{len(marks)},}})" + re.escape(tail))
    if not shelf.is_dir():
        return []
    found = []
    for path in shelf.iterdir():
        match = expression.fullmatch(path.name)
        if match and path.is_dir() and not path.is_symlink():
            found.append((int(match[1]), path))
    return found
