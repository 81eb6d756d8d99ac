"""Where the last render lies in an editor, and which pixel is under a pointer: pure geometry."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

Pure = Callable[[str], ModuleType]
WHOLE: dict[str, Any] = {
    "use_border": False,
    "use_crop_to_border": False,
    "resolution_x": 640,
    "resolution_y": 360,
    "resolution_percentage": 50,
    "border_min_x": 0.25,
    "border_max_x": 0.75,
    "border_min_y": 0.1,
    "border_max_y": 0.6,
}
BORDER = {**WHOLE, "use_border": True}
CROPPED = {**BORDER, "use_crop_to_border": True}


@pytest.fixture(scope="module")
def geometry(pure_package: Pure) -> Any:
    return pure_package("preview.shown_render")


def test_a_backdrop_lies_about_the_middle(geometry: Any) -> None:
    place = geometry.in_backdrop((1000, 600), (320, 180), 2.0, (50.0, -20.0))
    shown = geometry.shown_render(place, (320, 180), (320, 180), WHOLE)
    # Half of 1000 - 640, half of 600 - 360, and the offset.
    assert shown.corners() == ((230, 100), (870, 100), (870, 460), (230, 460))
    assert shown.pixel(230.5, 459.5) == (0, 0)
    assert shown.pixel(869.5, 100.5) == (319, 179)
    assert shown.pixel(229.5, 200) is None
    assert shown.pixel(500, 460.5) is None


def test_an_image_editor_s_view_is_0_to_1_over_the_picture(geometry: Any) -> None:
    # A region of 400x300 that shows the picture in its middle, half as wide and two thirds as high.
    place = geometry.in_view((400, 300), (-0.5, -0.25), (1.5, 1.25))
    assert (place.left, place.bottom, place.width, place.height) == (100, 50, 200, 200)


def test_a_border_shows_the_passes_where_they_were_rendered(geometry: Any) -> None:
    place = geometry.Rectangle(left=10, bottom=20, width=640, height=360)
    assert geometry.picture_size(BORDER, (160, 90)) == (320, 180)
    shown = geometry.shown_render(place, (320, 180), (160, 90), BORDER)
    assert shown.corners()[0] == (10 + 2 * 80, 20 + 2 * 18)
    assert shown.corners()[2] == (10 + 2 * 240, 20 + 2 * 108)
    assert shown.pixel(10 + 2 * 80 + 1, 20 + 2 * 108 - 1) == (0, 0)
    assert shown.pixel(10 + 2 * 79, 100) is None


def test_a_cropped_border_is_the_whole_picture(geometry: Any) -> None:
    place = geometry.Rectangle(left=0, bottom=0, width=160, height=90)
    assert geometry.picture_size(CROPPED, (160, 90)) == (160, 90)
    assert geometry.shown_render(place, (160, 90), (160, 90), CROPPED).pixel(159.5, 0.5) == (159, 89)


def test_a_picture_of_another_size_is_not_the_render(geometry: Any) -> None:
    place = geometry.Rectangle(left=0, bottom=0, width=100, height=100)
    assert geometry.shown_render(place, (0, 0), (320, 180), WHOLE) is None
    assert geometry.shown_render(place, (160, 90), (320, 180), WHOLE) is None
    assert geometry.shown_render(place, (160, 90), (160, 90), BORDER) is None


@given(
    zoom=st.floats(0.05, 20),
    offset=st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
    column=st.integers(0, 95),
    row=st.integers(0, 63),
)
def test_the_middle_of_each_pixel_is_that_pixel(
    geometry: Any, zoom: float, offset: tuple[float, float], column: int, row: int
) -> None:
    place = geometry.in_backdrop((801, 433), (96, 64), zoom, offset)
    shown = geometry.shown_render(place, (96, 64), (96, 64), WHOLE)
    (left, bottom), _, (right, top), _ = shown.corners()
    x = left + (right - left) * (column + 0.5) / 96
    y = top - (top - bottom) * (row + 0.5) / 64
    assert shown.pixel(x, y) == (column, row)
