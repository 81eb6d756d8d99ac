"""Whether a style is fit for use: what single pictures tell, on photographs and on flats, with its limits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..contract.errors import UsageError
from ..contract.recipe import NetworkSize
from ..engines.engine import Engine
from ..image.warp import BoolArray, FloatArray
from .aliasing import StyleFunction, equivariance_error, noise_gain
from .artefacts import border_difference, checkerboard, dots
from .blobs import blob_score
from .charts import FLAT_AREA, flat_areas, flat_pictures

__all__ = ["LIMITS", "GroupScore", "Picture", "StyleReport", "Worst", "check_style", "reports_json", "with_one_table"]

Picture = tuple[str, FloatArray]
"""Its name and a display-referred ``(H, W, 3)`` picture in 0..1."""

LIMITS = {"dots": 1e-4, "mesh": 2.0, "border": 0.1, "blobs": 1.0}
"""What no painting may exceed, but where its own plate does: see the functions behind the measures."""

FLAT_PICTURES, FLAT_AREAS = "flat pictures", "flat areas"


@dataclass(frozen=True, slots=True)
class Worst:
    """A measure on the picture of a group where it stands worst against its limit; ``plate`` is the plate's own."""

    value: float
    plate: float
    picture: str
    limit: float

    @property
    def allowed(self) -> float:
        """What a plate has itself is not the style's fault."""
        return max(self.limit, self.plate)

    @property
    def outside(self) -> bool:
        return self.value > self.allowed


@dataclass(frozen=True, slots=True)
class GroupScore:
    """The measures by name over pictures of one kind; one that says nothing there is left out."""

    kind: str
    pictures: int
    measures: dict[str, Worst]


@dataclass(frozen=True, slots=True)
class StyleReport:
    """What was measured of a style, as its network of ``network_size`` paints it.

    ``shift`` is the mean :func:`~.aliasing.equivariance_error` for one pixel and
    ``noise`` the mean :func:`~.aliasing.noise_gain`, on the photographs: they
    have no limit here, since what they may be depends on the stabiliser.
    """

    style: str
    shift: float
    noise: float
    groups: tuple[GroupScore, ...]
    network_size: NetworkSize = "full"

    @property
    def outside(self) -> tuple[tuple[str, str, Worst], ...]:
        """Kind of picture, measure and value of whatever exceeds its limit."""
        return tuple(
            (group.kind, name, worst)
            for group in self.groups
            for name, worst in group.measures.items()
            if worst.outside
        )


def check_style(
    style: str,
    engine: Engine,
    pictures: Iterable[Picture],
    *,
    kind: str = "photographs",
    network_size: NetworkSize = "full",
    on_picture: Callable[[], None] = lambda: None,
) -> StyleReport:
    """Paint ``pictures``, then the flat charts, and measure.

    ``kind`` says what the pictures are, ``network_size`` which of the style's networks
    ``engine`` runs; ``on_picture`` is called before each is painted. Shift and noise are measured with one table of
    statistics for a picture, as a shot has it; paintings have their own.

    Raises :class:`UsageError` without pictures, :class:`InputError` for those that are too small.
    """
    shifts, noises, found = [], [], []
    for name, plate in pictures:
        on_picture()
        found.append(_photograph(name, engine.stylise(plate), plate))
        paint = with_one_table(engine, plate)
        shifts.append(equivariance_error(paint, plate, 1))
        noises.append(noise_gain(paint, plate))
    if not found:
        raise UsageError("there are no pictures to paint", remedy="give at least one")
    groups = [_worst(kind, found)]
    for chart_kind, charts, measure in (
        (FLAT_PICTURES, flat_pictures(), _flat_picture),
        (FLAT_AREAS, flat_areas(), _flat_area),
    ):
        found = []
        for name, plate in charts.items():
            on_picture()
            found.append(measure(name, engine.stylise(plate), plate))
        groups.append(_worst(chart_kind, found))
    return StyleReport(style, float(np.mean(shifts)), float(np.mean(noises)), tuple(groups), network_size)


def reports_json(reports: Sequence[StyleReport]) -> str:
    """A JSON list, one object a style; names as the fields, with what is ``outside``."""
    return json.dumps([_plain(report) for report in reports], indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(report: StyleReport) -> dict[str, Any]:
    groups = [
        {
            "kind": group.kind,
            "pictures": group.pictures,
            "measures": {name: {**asdict(worst), "outside": worst.outside} for name, worst in group.measures.items()},
        }
        for group in report.groups
    ]
    return {
        "style": report.style,
        "network_size": report.network_size,
        "shift": report.shift,
        "noise": report.noise,
        "groups": groups,
        "outside": [f"{name} on {kind}" for kind, name, _ in report.outside],
    }


def with_one_table(engine: Engine, plate: FloatArray) -> StyleFunction:
    """The style with the statistics of ``plate`` for every picture, as a shot has one table for its frames."""
    table = engine.statistics(plate)
    return lambda picture: engine.stylise(picture, statistics=table)


def _photograph(name: str, painting: FloatArray, plate: FloatArray) -> dict[str, Worst]:
    measured = {
        "dots": (dots(painting), dots(plate)),
        "mesh": (checkerboard(painting), checkerboard(plate)),
    }
    strayed, own = blob_score(painting, plate).value, blob_score(plate, plate).value
    if strayed is not None and own is not None:
        measured["blobs"] = (strayed, own)
    return {key: Worst(value, plate, name, LIMITS[key]) for key, (value, plate) in measured.items()}


def _flat_picture(name: str, painting: FloatArray, plate: FloatArray) -> dict[str, Worst]:
    return _flat(name, painting, plate, painting, None)


def _flat_area(name: str, painting: FloatArray, plate: FloatArray) -> dict[str, Worst]:
    where = np.zeros(painting.shape[:2], bool)
    where[FLAT_AREA.slices] = True
    return _flat(name, painting, plate, painting[FLAT_AREA.slices], where)


def _flat(
    name: str, painting: FloatArray, plate: FloatArray, area: FloatArray, where: BoolArray | None
) -> dict[str, Worst]:
    measured = {
        "dots": dots(painting, where=where),
        "mesh": checkerboard(area),
        "border": border_difference(painting, where=where),
    }
    strayed = blob_score(painting, plate).value
    if strayed is not None:
        measured["blobs"] = strayed
    return {key: Worst(value, 0.0, name, LIMITS[key]) for key, value in measured.items()}


def _worst(kind: str, found: Sequence[dict[str, Worst]]) -> GroupScore:
    measures: dict[str, Worst] = {}
    for measured in found:
        for name, here in measured.items():
            there = measures.get(name)
            if there is None or here.value / here.allowed > there.value / there.allowed:
                measures[name] = here
    return GroupScore(kind, len(found), measures)
