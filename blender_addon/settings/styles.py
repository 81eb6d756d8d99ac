"""The styles that can be chosen, as the backend last reported them.

Style cards are read by the backend alone. What ``nst styles --json`` prints goes
to :func:`store`, and is kept in the user's folder, so that names and thumbnails
are there while no backend runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import bpy

from ..contract.codec import decode, option
from ..contract.errors import UsageError, nearest
from ..json_files import write_json
from .storage import user_folder

__all__ = ["CARD_SUFFIX", "StyleEntry", "catalogue", "find", "problem", "store"]

CARD_SUFFIX = ".style.json"
_FILE = "styles.json"


@dataclass(frozen=True, kw_only=True)
class Artwork:
    """The painting that a style was learnt from."""

    title: str = option("", help="the artwork's title")
    artist: str = option("", help="who painted it, and when")
    licence: str = option("", help="terms of the artwork")
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StyleEntry:
    """One style, as ``nst styles --json`` describes it."""

    name: str = option(help="the style's name in recipes")
    title: str = option("", help="name shown to people")
    artwork: Artwork = field(default_factory=Artwork)
    folder: str = option("", help="where its card lies")
    network: str = option("", help="file name of its network, which other styles may share")
    ready: bool = option(True, help="whether the weights are there")
    thumbnail: str | None = option(None, help="a picture, an absolute path")
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def caption(self) -> str:
        """Title and artist on one line."""
        return ", ".join(text for text in (self.title or self.name, self.artwork.artist) if text)


def store(rows: Sequence[Mapping[str, Any]]) -> None:
    """Take the report of ``nst styles --json`` and keep it.

    Raises :class:`UsageError` for a report of another shape, :class:`InputError`
    where the user's folder refuses it.
    """
    _entries(rows)
    write_json(user_folder("", create=True) / _FILE, list(rows))
    catalogue.cache_clear()


@cache
def catalogue() -> tuple[StyleEntry, ...]:
    """Every style that is known, by title; none before the backend first reported."""
    try:
        path = user_folder("") / _FILE
        return _entries(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, UsageError):
        return ()


def find(name: str) -> StyleEntry | None:
    """The style of that name."""
    return next((style for style in catalogue() if style.name == name), None)


def problem(name: str) -> str:
    """Why a region's style cannot be painted, in a sentence; empty where it can or no one knows yet."""
    if not name:
        return ""
    if name.endswith(CARD_SUFFIX):
        return "" if Path(bpy.path.abspath(name)).is_file() else f"No style card at {name}"
    known = catalogue()
    style = find(name)
    if style is not None:
        return "" if style.ready else f"The weights of {name!r} are missing"
    return f"No style is named {name!r}: {nearest(name, [entry.name for entry in known])}" if known else ""


def _entries(rows: object) -> tuple[StyleEntry, ...]:
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise UsageError("the report of styles is not a list", remedy="update the backend")
    entries = [decode(StyleEntry, row, f"styles[{index}]", keep_unknown=True) for index, row in enumerate(rows)]
    return tuple(sorted(entries, key=lambda entry: (entry.title or entry.name).casefold()))
