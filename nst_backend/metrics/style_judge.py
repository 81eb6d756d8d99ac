"""Whose style is it? Asked of a network that no training used."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..contract.errors import UsageError
from ..contract.recipe import NetworkSize
from ..image.warp import FloatArray
from .aliasing import StyleFunction
from .style_loss import GramDistance

__all__ = ["JUDGE_LAYERS", "JudgedStyle", "Plates", "judge_style", "judged_json", "look_at_plates"]

JUDGE_LAYERS = {
    "alexnet": ("relu1", "relu2", "relu3", "relu4"),
    "vgg16": ("relu1_2", "relu2_2", "relu3_3", "relu4_3"),
    "squeezenet1_0": ("relu1", "fire3", "fire5", "fire7"),
    "squeezenet1_1": ("relu1", "fire3", "fire5", "fire7"),
}
"""From edges to motifs, by the network's name."""


@dataclass(frozen=True, slots=True)
class Plates:
    """The photographs and how far each is from every painting before anything is painted."""

    pictures: tuple[FloatArray, ...]
    distances: tuple[dict[str, float], ...]

    def nearest(self, painting: str) -> float:
        """The share of the photographs that are nearest to ``painting`` as they are: what chance gives a style."""
        return float(np.mean([min(entry, key=entry.__getitem__) == painting for entry in self.distances]))


@dataclass(frozen=True, slots=True)
class JudgedStyle:
    """What was found.

    ``nearest``: how many pictures each painting is the nearest to. ``own`` is the painting that the style was
    learnt from, None where it is not among those compared; then the rest says nothing and is None.
    ``hits``: the share of pictures whose nearest painting is its own. ``chance``: the same of the plates.
    ``loss`` is the median over pictures of d(painted, own) / d(plate, own), ``worst`` its maximum: below 1 the
    picture has come nearer to the painting. ``network_size``: which of the style's networks painted.
    """

    style: str
    own: str | None
    pictures: int
    nearest: dict[str, int]
    hits: float | None
    chance: float | None
    loss: float | None
    worst: float | None
    network_size: NetworkSize = "full"


def look_at_plates(
    pictures: Iterable[FloatArray], distance: GramDistance, *, on_picture: Callable[[], None] = lambda: None
) -> Plates:
    """Measure photographs ``(H, W, 3)`` in 0..1 once, for all styles.

    Raises :class:`UsageError` without any.
    """
    kept, found = [], []
    for picture in pictures:
        on_picture()
        kept.append(picture)
        found.append(distance.of(picture))
    if not kept:
        raise UsageError("there are no photographs to judge by", remedy="give at least one")
    return Plates(tuple(kept), tuple(found))


def judge_style(
    style: str,
    paint: StyleFunction,
    own: str | None,
    plates: Plates,
    distance: GramDistance,
    *,
    network_size: NetworkSize = "full",
    on_picture: Callable[[], None] = lambda: None,
) -> JudgedStyle:
    """Paint every plate and ask which of the paintings it is nearest to.

    ``network_size`` says which of the style's networks ``paint`` runs.
    """
    nearest: Counter[str] = Counter()
    ratios = []
    for picture, before in zip(plates.pictures, plates.distances, strict=True):
        on_picture()
        after = distance.of(paint(picture))
        nearest[min(after, key=after.__getitem__)] += 1
        if own is not None:
            ratios.append(after[own] / max(before[own], 1e-12))
    known = own is not None
    return JudgedStyle(
        style=style,
        own=own,
        pictures=len(plates.pictures),
        nearest=dict(nearest.most_common()),
        hits=nearest[own] / len(plates.pictures) if own is not None else None,
        chance=plates.nearest(own) if own is not None else None,
        loss=float(np.median(ratios)) if known else None,
        worst=max(ratios) if known else None,
        network_size=network_size,
    )


def judged_json(judged: Sequence[JudgedStyle], *, network: str, sha256: str, paintings: Sequence[str]) -> str:
    """What was measured and by what, as JSON; names as the fields."""
    data: dict[str, Any] = {
        "network": {"name": network, "sha256": sha256, "layers": JUDGE_LAYERS[network]},
        "paintings": list(paintings),
        "styles": [{name: getattr(entry, name) for name in JudgedStyle.__slots__} for entry in judged],
    }
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
