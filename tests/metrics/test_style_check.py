"""The check of a style as a whole: engines with one known fault each, and one without."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from nst_backend.contract.errors import UsageError
from nst_backend.image.boxes import Box
from nst_backend.metrics.charts import textures
from nst_backend.metrics.style_check import LIMITS, check_style, reports_json
from nst_backend.styles.network import Statistics

Array = NDArray[np.float32]
PICTURES = list(textures(2).items())


class Filter:
    """An engine that softens a picture and turns its colours; ``fault`` is then done to the painting."""

    margin = 8

    def statistics(self, picture: Array, matte: Array | None = None) -> Statistics:
        return Statistics()

    def stylise(self, picture: Array, *, box: Box | None = None, statistics: Statistics | None = None) -> Array:
        painting = cv2.GaussianBlur(picture, (0, 0), 1.0)[..., ::-1] * np.float32(0.7)
        painted = np.clip(self.fault(painting), 0, 1).astype(np.float32)
        return painted if box is None else painted[box.slices]

    def fault(self, painting: Array) -> Array:
        return painting


class Dots(Filter):
    def fault(self, painting: Array) -> Array:
        found = np.random.default_rng(4).random(painting.shape[:2]) < 0.002
        return np.where(found[..., None], 1 - np.round(painting), painting)


class Mesh(Filter):
    def fault(self, painting: Array) -> Array:
        y, x = np.mgrid[: painting.shape[0], : painting.shape[1]]
        return painting + 0.03 * np.where((x + y) % 2, 1, -1)[..., None]


class Border(Filter):
    def fault(self, painting: Array) -> Array:
        painting = painting.copy()
        for edge in (painting[:8], painting[-8:], painting[:, :8], painting[:, -8:]):
            edge += -0.3 if painting.mean() > 0.5 else 0.3
        return painting


class Blobs(Filter):
    def fault(self, painting: Array) -> Array:
        painting = painting.copy()
        height, width = painting.shape[:2]
        y, x = np.mgrid[:height, :width]
        for column in range(width // 8, width, width // 4):
            share = 0.5 * np.clip(1.5 - np.hypot(y - height // 4, x - column) / (height / 16), 0, 1)[..., None]
            painting = painting * (1 - share) + share * np.array([0.6, 0.1, 0.65])
        return painting


ALL = ("textures", "flat pictures", "flat areas")


@pytest.mark.parametrize(
    ("engine", "found", "along"),
    [
        (Filter(), set(), set()),
        (Dots(), {("dots", kind) for kind in ALL}, set()),
        (Mesh(), {("mesh", kind) for kind in ALL}, set()),
        # A hard halo has corners, and on a coloured flat another chroma as well.
        (Border(), {("border", kind) for kind in ALL[1:]}, {"blobs", "dots"}),
        (Blobs(), {("blobs", kind) for kind in ALL}, set()),
    ],
    ids=["clean", "dots", "mesh", "border", "blobs"],
)
def test_each_fault_is_found_under_its_own_name(engine: Filter, found: set[tuple[str, str]], along: set[str]) -> None:
    report = check_style("made", engine, PICTURES, kind="textures")
    outside = {(name, kind) for kind, name, _ in report.outside}
    assert found <= outside
    assert {name for name, _ in outside} - along == {name for name, _ in found}
    assert [(group.kind, group.pictures) for group in report.groups] == [
        ("textures", 2),
        ("flat pictures", 17),
        ("flat areas", 17),
    ]


def test_shift_and_noise_are_those_of_the_filter() -> None:
    report = check_style("made", Filter(), PICTURES)
    assert report.shift < 1e-5
    # A Gaussian of deviation 1 keeps 1 / (2 sqrt(pi)) of white noise.
    assert report.noise == pytest.approx(0.7 / (2 * np.sqrt(np.pi)), rel=0.03)


def test_what_the_plate_has_itself_is_allowed() -> None:
    y, x = np.mgrid[:320, :480]
    meshed = PICTURES[0][1] + np.float32(0.03) * np.where((x + y) % 2, 1, -1).astype(np.float32)[..., None]
    report = check_style("made", Filter(), [("meshed", meshed)])
    assert report.outside == ()
    worst = report.groups[0].measures["mesh"]
    assert worst.plate > LIMITS["mesh"]


def test_the_worst_picture_is_named_and_json_holds_it_all() -> None:
    pictures = [("clean", PICTURES[0][1]), ("flat", np.full((200, 220, 3), 0.4, np.float32))]
    report = check_style("made", Mesh(), pictures)
    (data,) = json.loads(reports_json([report]))
    assert data["style"] == "made"
    assert "mesh on photographs" in data["outside"]
    mesh = data["groups"][0]["measures"]["mesh"]
    assert mesh["picture"] == "flat"
    assert mesh["outside"]
    assert mesh["limit"] == LIMITS["mesh"]


def test_without_pictures_there_is_nothing_to_judge() -> None:
    with pytest.raises(UsageError, match="no pictures"):
        check_style("made", Filter(), [])
