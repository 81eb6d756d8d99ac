"""A segmenter card: which network finds objects, what it knows, where its weights lie.

A JSON file ``NAME.segmenter.json`` beside the weights. Its file names stay in its folder,
and nothing in it is a URL.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from ..contract.codec import decode, encode, option
from ..contract.errors import InputError, UsageError
from ..media.atomic import write_bytes_atomic
from ..weights.files import is_plain_name

__all__ = ["SUFFIX", "SegmenterCard", "read_segmenter_card", "segmenter_cards", "write_segmenter_card"]

FORMAT = 1
MAX_BYTES = 1024**2
MAX_CLASSES = 10_000
SUFFIX = ".segmenter.json"
_REMEDY = f"give a JSON file that ends in {SUFFIX}"


@dataclass(frozen=True, kw_only=True)
class SegmenterCard:
    """One network of the user's own."""

    name: str = option(help="the network's name in recipes")
    architecture: str = option(help="one of the networks that are built in, such as mask_rcnn")
    options: Mapping[str, Any] = field(default_factory=dict, metadata={"help": "that architecture's options"})
    classes: tuple[str, ...] = option(help="the labels that it knows, in the network's order, without the background")
    weights: str = option(help="file name of the weights, in the card's folder")
    sha256: str = option(help="SHA-256 of that file")
    title: str = option("", help="name shown to people")
    licence: str = option("", help="terms of the weights")
    training: Mapping[str, Any] = field(default_factory=dict, metadata={"help": "what it was trained on, and how"})
    format: int = option(FORMAT, help="of the card", minimum=1)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.format > FORMAT:
            raise ValueError(f"the card has format {self.format}, this Brushpass reads up to {FORMAT}")
        if not is_plain_name(self.weights):
            raise ValueError(f"weights {self.weights!r} leaves the card's folder; give a plain file name")
        if not 1 <= len(self.classes) <= MAX_CLASSES or not all(label.strip() for label in self.classes):
            raise ValueError(f"classes must be 1 to {MAX_CLASSES} labels, none of them empty")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("classes names a label twice")


def read_segmenter_card(path: Path) -> SegmenterCard:
    """Read a card.

    Raises :class:`InputError` for a missing or unreadable file,
    :class:`UsageError` for one that is not a card.
    """
    if not path.is_file():
        raise InputError(f"no segmenter card at {path}", remedy="check the path")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path.name} is too large for a segmenter card", remedy=_REMEDY)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path.name} is not a segmenter card", remedy=_REMEDY) from error
    try:
        return decode(SegmenterCard, data, keep_unknown=True)
    except UsageError as error:
        raise UsageError(f"{path.name}: {error.problem}", remedy=error.remedy) from error


def write_segmenter_card(card: SegmenterCard, path: Path) -> None:
    """Write a card.

    Raises :class:`NstError` where the file cannot be written.
    """
    write_bytes_atomic(path, (json.dumps(encode(card), indent=2, ensure_ascii=False) + "\n").encode())


def segmenter_cards(folders: list[Path] | None = None) -> dict[str, Path]:
    """The paths of all cards by the networks' names; of two of one name, the first. Unreadable ones are left out.

    ``folders``: those of ``BRUSHPASS_SEGMENTERS`` (several, separated as in PATH) and then the user's own.
    """
    found: dict[str, Path] = {}
    for folder in default_folders() if folders is None else folders:
        for path in sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []:
            try:
                card = read_segmenter_card(path)
            except (InputError, UsageError):
                continue
            found.setdefault(card.name, path)
    return found


def default_folders() -> list[Path]:
    """``BRUSHPASS_SEGMENTERS`` (several, separated as in PATH), then ``segmenters`` in the user's data folder."""
    given = [Path(entry) for entry in os.environ.get("BRUSHPASS_SEGMENTERS", "").split(os.pathsep) if entry]
    return [*given, Path(platformdirs.user_data_dir("brushpass", appauthor=False)) / "segmenters"]
