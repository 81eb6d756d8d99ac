"""The end of a training: its styles measured, and the figures written into their cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ..contract.errors import CancelledByUser, InputError
from ..contract.messages import Event, EventKind, Reporter
from ..contract.recipe import NetworkSize
from ..engines.feed_forward import FeedForward
from ..engines.workspace import Workspace
from ..image.warp import FloatArray
from ..metrics.aliasing import SMALLEST_SIDE
from ..metrics.charts import flat_areas, flat_pictures, textures
from ..metrics.pictures import at_most_lines
from ..metrics.style_check import StyleReport, check_style
from ..styles.card import read_card, write_card
from ..styles.library import LibraryStyle
from .data import read_picture

__all__ = ["measure_styles"]

PHOTOGRAPHS = 6
KEYS: Mapping[NetworkSize, str] = {"full": "measured", "small": "small_measured"}


def measure_styles(
    cards: Sequence[Path], photographs: Sequence[Path], *, size: NetworkSize, reporter: Reporter
) -> None:
    """Measure each style as ``nst styles check`` does, and write what was found into its card.

    ``photographs``: those kept out of training; textures stand in where none is large
    enough. ``size``: which of the styles' networks. The figures stand in the card under
    ``measured``, those of a small network under ``small_measured``.

    Raises :class:`CancelledByUser` when told to stop; the styles are complete by then.
    """
    pictures = _pictures(photographs)
    total = len(cards) * (len(pictures) + len(flat_pictures()) + len(flat_areas()))
    done = 0

    def on_picture() -> None:
        nonlocal done
        if reporter.cancelled():
            raise CancelledByUser("the styles are there, but not measured", remedy="measure them with nst styles check")
        done += 1
        reporter.emit(Event(EventKind.PROGRESS, {"stage": "measure", "done": done, "total": total}))

    for path in cards:
        style = LibraryStyle(read_card(path), path.parent)
        sized = style.sized(size)
        engine = FeedForward(sized.load_folded(), sized.card.index, Workspace(torch.device("cpu")))
        report = check_style(style.card.name, engine, pictures.items(), on_picture=on_picture)
        extra = {**style.card.extra, KEYS[size]: _plain(report)}
        write_card(replace(style.card, extra=extra), path)


def _pictures(paths: Sequence[Path]) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    for path in paths:
        try:
            found[path.name] = at_most_lines(read_picture(path), path.name, smallest=SMALLEST_SIDE)
        except InputError:
            continue
        if len(found) == PHOTOGRAPHS:
            break
    return found or textures()


def _plain(report: StyleReport) -> dict[str, Any]:
    worst = {
        f"{name} ({group.kind})": round(measure.value, 6)
        for group in report.groups
        for name, measure in group.measures.items()
    }
    return {"shift": round(report.shift, 5), "noise_gain": round(report.noise, 4), **worst}
