"""COCO annotations: polygons against exact areas, run lengths, and what is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.mattes.coco import CocoSource, decode_run_lengths, read_annotations
from nst_backend.mattes.polygon import fill_polygons

HEIGHT, WIDTH = 20, 30


@dataclass(frozen=True)
class _Frame:
    number: int
    rgb: NDArray[np.float32]
    channels: dict[str, Any]
    header: dict[str, Any]


def _frame(number: int = 1, height: int = HEIGHT, width: int = WIDTH) -> _Frame:
    return _Frame(number, np.zeros((height, width, 3), np.float32), {}, {})


def _rectangle(x0: float, y0: float, x1: float, y1: float) -> list[float]:
    return [x0, y0, x1, y0, x1, y1, x0, y1]


def _array(points: list[float]) -> NDArray[np.float64]:
    return np.array(points, np.float64).reshape(-1, 2)


def _encode(mask: NDArray[np.bool_]) -> tuple[list[int], str]:
    """Run lengths and their compressed form, after the COCO API's ``rleToString``."""
    flat = np.concatenate([[False], mask.T.ravel()])
    ends = np.flatnonzero(np.diff(flat)).tolist()
    runs = np.diff([0, *ends, mask.size]).tolist()
    text = ""
    for index, run in enumerate(runs):
        value, more = run - runs[index - 2] if index > 2 else run, True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != -1 if bits & 0x10 else value != 0
            text += chr((bits | 0x20 if more else bits) + 48)
    return runs, text


# --- Polygons ---


def test_whole_pixels_are_filled_exactly() -> None:
    filled = fill_polygons([_array(_rectangle(3, 4, 10, 9))], HEIGHT, WIDTH)
    expected = np.zeros((HEIGHT, WIDTH), np.float32)
    expected[4:9, 3:10] = 1
    assert (filled == expected).all()


@given(st.lists(st.integers(0, 16 * HEIGHT), min_size=4, max_size=4, unique=True))
def test_rectangles_on_the_grid_of_samples_are_exact(corners: list[int]) -> None:
    x0, x1 = sorted(value / 16 for value in corners[:2])
    y0, y1 = sorted(value / 16 for value in corners[2:])
    across = np.clip(np.minimum(x1, np.arange(WIDTH) + 1) - np.maximum(x0, np.arange(WIDTH)), 0, 1)
    down = np.clip(np.minimum(y1, np.arange(HEIGHT) + 1) - np.maximum(y0, np.arange(HEIGHT)), 0, 1)
    filled = fill_polygons([_array(_rectangle(x0, y0, x1, y1))], HEIGHT, WIDTH)
    np.testing.assert_allclose(filled, down[:, None] * across, atol=1e-6)


_point = st.tuples(st.floats(-5, WIDTH + 5), st.floats(-5, HEIGHT + 5))


@given(st.tuples(_point, _point, _point))
def test_triangles_inside_have_the_area_of_geometry(points: tuple[tuple[float, float], ...]) -> None:
    triangle = np.clip(np.array(points), 0, [WIDTH, HEIGHT])
    (ax, ay), (bx, by) = triangle[1] - triangle[0], triangle[2] - triangle[0]
    filled = fill_polygons([triangle], HEIGHT, WIDTH)
    # 16 scanlines a pixel miss at most half a scanline's length at the top and at the bottom.
    assert filled.sum() == pytest.approx(abs(ax * by - ay * bx) / 2, abs=WIDTH / 16)
    assert filled.min() >= 0
    assert filled.max() <= 1


@given(st.lists(_point, min_size=3, max_size=9))
def test_any_polygon_stays_in_range_and_beside_its_complement_leaves_nothing(points: list[tuple[float, float]]) -> None:
    polygon = np.array(points)
    filled = fill_polygons([polygon], HEIGHT, WIDTH)
    assert filled.min() >= 0
    assert filled.max() <= 1
    both = fill_polygons([polygon, polygon[::-1]], HEIGHT, WIDTH)
    assert (both == filled).all(), "the union with itself is itself"
    whole = fill_polygons([polygon, _array(_rectangle(-9, -9, WIDTH + 9, HEIGHT + 9))], HEIGHT, WIDTH)
    assert (whole == 1).all()


def test_polygons_that_share_an_edge_leave_no_seam() -> None:
    left = _array([2.3, 1.1, 9.7, 0.4, 14.9, 17.3, 1.2, 18.8])
    right = _array([9.7, 0.4, 27.1, 3.3, 25, 19.2, 14.9, 17.3])
    together = fill_polygons([left, right], HEIGHT, WIDTH)
    apart = fill_polygons([left], HEIGHT, WIDTH) + fill_polygons([right], HEIGHT, WIDTH)
    np.testing.assert_allclose(together, apart, atol=1e-6)
    assert together[10, 12] == 1


def test_a_crossing_outline_is_filled_by_the_even_odd_rule() -> None:
    twice = _array([2, 2, 12, 2, 12, 12, 2, 12] * 2)
    assert not fill_polygons([twice], HEIGHT, WIDTH).any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_hostile_points_are_refused(bad: float) -> None:
    with pytest.raises(InputError, match="no picture coordinates"):
        fill_polygons([_array([0, 0, bad, 0, 5, 5])], HEIGHT, WIDTH)


def test_too_many_points_are_refused_before_they_are_filled() -> None:
    zigzag = np.stack([np.arange(200_000) % 17, np.where(np.arange(200_000) % 2, 0, 1000)], -1).astype(np.float64)
    with pytest.raises(InputError, match="too many points"):
        fill_polygons([zigzag], 1000, WIDTH)


# --- Run lengths ---


@given(hnp.arrays(np.bool_, (HEIGHT, WIDTH)))
def test_run_lengths(mask: NDArray[np.bool_]) -> None:
    runs, text = _encode(mask)
    for counts in (runs, text):
        decoded = decode_run_lengths({"size": [HEIGHT, WIDTH], "counts": counts}, HEIGHT, WIDTH, "it")
        assert (decoded == mask).all()


def test_a_compressed_string_made_by_hand() -> None:
    # Runs 3, 2, 1, 2, 1 of a 3x3 mask; the last two are written as differences: 2 - 2 and 1 - 1.
    decoded = decode_run_lengths({"size": [3, 3], "counts": "32100"}, 3, 3, "it")
    assert decoded.tolist() == [[0, 1, 1], [0, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize(
    "counts",
    [[10**18], [-1, 601], [1.5], "~~~~", "o" * 500, None, [599], [], {"a": 1}, [True] * 600, "\ud800"],
)
def test_hostile_run_lengths_are_refused(counts: Any) -> None:
    with pytest.raises(InputError, match="run lengths"):
        decode_run_lengths({"size": [HEIGHT, WIDTH], "counts": counts}, HEIGHT, WIDTH, "it")


@pytest.mark.parametrize("size", [None, [10**9, 10**9], [WIDTH, HEIGHT], "20x30"])
def test_masks_of_another_size_are_refused(size: Any) -> None:
    with pytest.raises(InputError, match="of the size"):
        decode_run_lengths({"size": size, "counts": [600]}, HEIGHT, WIDTH, "it")


# --- Files ---


def _write(tmp_path: Path, **changes: Any) -> Path:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[15:18, 20:25] = True
    data = {
        "images": [
            {"id": 7, "file_name": "plates/shot.0001.png", "width": WIDTH, "height": HEIGHT},
            {"id": 8, "file_name": "plates/shot.0002.png", "width": WIDTH, "height": HEIGHT},
        ],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 1, "segmentation": [_rectangle(0, 0, 4, 4)]},
            {"id": 2, "image_id": 7, "category_id": 3, "segmentation": [_rectangle(10, 0, 14, 4)]},
            {
                "id": 3,
                "image_id": 7,
                "category_id": 3,
                "segmentation": {"size": [HEIGHT, WIDTH], "counts": _encode(mask)[1]},
            },
            {"id": 4, "image_id": 8, "category_id": 1, "segmentation": [_rectangle(5, 5, 6, 6)]},
        ],
        "categories": [{"id": 1, "name": "person"}, {"id": 3, "name": "car"}],
        **changes,
    }
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("choice", "area"),
    [
        ({}, 47),
        ({"categories": ["person"]}, 16),
        ({"categories": [3]}, 31),
        ({"categories": ["car", "person"]}, 47),
        ({"ids": [3]}, 15),
        ({"categories": ["person"], "ids": [3]}, 31),
    ],
)
def test_choosing(tmp_path: Path, choice: dict[str, Any], area: int) -> None:
    source = CocoSource(read_annotations(_write(tmp_path)), **choice)
    assert source.coverage(_frame(1)).sum() == area
    assert not source.channels_needed("R")


def test_frames_are_found_by_number_and_by_name(tmp_path: Path) -> None:
    annotations = read_annotations(_write(tmp_path))
    by_number = CocoSource(annotations)
    assert by_number.coverage(_frame(2)).sum() == 1
    with pytest.raises(InputError, match="no picture for frame 3"):
        by_number.check([_frame(1), _frame(3)])
    by_name = CocoSource(annotations, file_name=lambda number: f"shot.{number - 100:04d}.png")
    assert by_name.coverage(_frame(102)).sum() == 1


def test_a_single_picture_is_held(tmp_path: Path) -> None:
    image = {"id": 7, "file_name": "000000000139.jpg", "width": WIDTH, "height": HEIGHT}
    source = CocoSource(read_annotations(_write(tmp_path, images=[image])), categories=["person"])
    assert [source.coverage(_frame(number)).sum() for number in (1, 500)] == [16, 16]


def test_polygons_follow_the_size_of_the_plate(tmp_path: Path) -> None:
    source = CocoSource(read_annotations(_write(tmp_path)), categories=["person"])
    small = source.coverage(_frame(1, HEIGHT // 2, WIDTH // 2))
    assert small.shape == (HEIGHT // 2, WIDTH // 2)
    assert small.sum() == 4


def test_choices_that_are_not_there(tmp_path: Path) -> None:
    annotations = read_annotations(_write(tmp_path))
    with pytest.raises(UsageError, match="did you mean 'person'"):
        CocoSource(annotations, categories=["persn"])
    with pytest.raises(UsageError, match="no annotation 99"):
        CocoSource(annotations, ids=[1, 99])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"images": 3}, "not in COCO's format"),
        ({"images": [{"id": 1}]}, "'file_name' is missing"),
        ({"annotations": [[]]}, "not in COCO's format"),
        ({"categories": [{"id": "x", "name": "a"}]}, "not in COCO's format"),
    ],
)
def test_files_that_are_not_annotations(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_annotations(_write(tmp_path, **changes))


def test_files_that_are_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no annotations at"):
        read_annotations(tmp_path / "none.json")
    for text in ("{", "[" * 100_000):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(InputError, match="not JSON"):
            read_annotations(tmp_path / "bad.json")


@pytest.mark.parametrize("segmentation", ["x", [[1, 2]], [[1, 2, 3, 4, 5]], [["a"] * 6], [[[1, 2]] * 3], [3]])
def test_bad_segmentations(tmp_path: Path, segmentation: Any) -> None:
    entry = {"id": 1, "image_id": 7, "category_id": 1, "segmentation": segmentation}
    source = CocoSource(read_annotations(_write(tmp_path, annotations=[entry])))
    with pytest.raises(InputError, match="annotation 1 of annotations"):
        source.coverage(_frame(1))


def test_hostile_image_sizes(tmp_path: Path) -> None:
    image = {"id": 7, "file_name": "a.1.png", "width": 0, "height": 10**9}
    with pytest.raises(InputError, match="0x1000000000"):
        CocoSource(read_annotations(_write(tmp_path, images=[image]))).coverage(_frame(1))
