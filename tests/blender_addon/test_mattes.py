"""Masks, strips and movies of a .blend reach the backend as coverage, frame by frame of the strip that is styled."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from installed_blender import RunInBlender
from numpy.typing import NDArray
from service_shots import environment, write_styles

from nst_backend.contract.recipe import load_recipe
from nst_backend.mattes.tree import MatteContext, build_matte

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_mattes.py")
WIDTH, HEIGHT = 64, 36
NUMBERS = range(1005, 1011)
CONTENT_START = 8
LONG = 400.0


@dataclass(frozen=True)
class _Frame:
    number: int
    size: tuple[int, int] = (HEIGHT, WIDTH)
    channels: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)

    @property
    def rgb(self) -> NDArray[np.float32]:
        return np.zeros((*self.size, 3), np.float32)


def _coverage(folder: Path, region: str, number: int, size: tuple[int, int] = (HEIGHT, WIDTH)) -> NDArray[np.float32]:
    """What the backend reads of a region's matte, from the recipe."""
    recipe = load_recipe(folder / "recipe.json")
    (options,) = (entry for entry in recipe.regions if entry.name == region)
    return build_matte(options.matte, MatteContext(folder=folder)).coverage(_Frame(number, size))


def _frame(number: int) -> int:
    """On the timeline."""
    return CONTENT_START + number - 1001


def _columns(left: float, width: float, value: float = 1.0) -> NDArray[np.float32]:
    """Exact coverage of each column by a span of them."""
    edges = np.arange(WIDTH + 1)
    inside = np.clip(edges, left, left + width)
    return (value * np.diff(inside)).astype(np.float32)


def _assert_box(coverage: NDArray[np.float32], left: float, rows: slice, value: float = 0.5) -> None:
    """A box a quarter of the width from ``left`` on: exact but for the columns and rows of its edges."""
    expected = _columns(left, WIDTH / 4, value)
    inner = slice(rows.start + 1, rows.stop - 1)
    column = coverage[inner].mean(axis=0)
    assert np.abs(coverage[inner] - column).max() < 1e-4
    certain = (expected == 0) | (expected == value)
    edges = np.zeros(WIDTH, bool)
    for edge in (left, left + WIDTH / 4):
        edges[int(edge) - 1 : int(edge) + 2] = True
    assert np.abs(column - expected)[certain & ~edges].max() < 1 / 65535 * 1.5
    # The edge's antialiasing moves no coverage away.
    assert abs(column.sum() - expected.sum()) < 0.1
    assert coverage[: rows.start - 1].max() == 0.0
    assert coverage[rows.stop + 1 :].max() == 0.0


@pytest.mark.slow
def test_every_source_covers_what_the_timeline_shows(
    blender: Blender, run_in_blender: RunInBlender, tmp_path: Path
) -> None:
    told = run_in_blender(blender, SCRIPT, "all_kinds", tmp_path, timeout=LONG, quiet=False)
    assert told["numbers"] == [NUMBERS[0], NUMBERS[-1]]
    # Two regions take the brightness and the alpha of one strip; the one that is off takes nothing.
    assert told["summary"] == {"rendered": 6, "frames": 6, "mattes": 60}
    assert told["steps"][-1] == ["plate", 66, 66]
    assert [name.partition("-")[0] for name in told["folders"]] == ["mask", "mask", "movie", *["strip"] * 7]
    assert told["left"] == []

    rows = slice(9, 27)
    for number in NUMBERS:
        frame = _frame(number)
        # The mask's first frame is the content's first.
        _assert_box(_coverage(tmp_path, "mask", number), 16 + (number - 1001), rows)

        assert _coverage(tmp_path, "whole", number).min() == 1.0

        bar = _columns(4 + 2 * (frame - 10), 8)
        shown = 13 <= frame < 17
        np.testing.assert_array_equal(_coverage(tmp_path, "strip", number), np.tile(bar * shown, (HEIGHT, 1)))

        clear = np.tile(_columns(4 + 2 * (frame - 1), 8), (HEIGHT, 1))
        np.testing.assert_allclose(_coverage(tmp_path, "alpha", number), clear * 0.6, atol=1e-6)
        luma = 0.2126 * 51 / 255 + 0.7152 * 153 / 255 + 0.0722 * 102 / 255
        np.testing.assert_allclose(_coverage(tmp_path, "luma over black", number), clear * luma * 0.6, atol=1 / 255)

        light = _coverage(tmp_path, "light", number)
        if frame == 12:
            shown = np.array(told["light over black"]) @ (0.2126, 0.7152, 0.0722)
            np.testing.assert_allclose(light, shown, atol=1 / 255)
            assert light.max() > 0.5
            # More than 8 bits hold.
            assert np.abs(light * 255 - np.round(light * 255)).max() > 0.1
        else:
            assert light.max() == 0.0

        inner = np.tile(_columns(4 + 2 * (frame - 4), 8), (HEIGHT, 1))
        np.testing.assert_array_equal(_coverage(tmp_path, "in a meta", number), inner)

        stack = _coverage(tmp_path, "of the stack", number)
        # What lies below is one picture with the strip, and is gone with it.
        assert (stack.max() > 0.4) == (14 <= frame < 17)

        mask_strip = _coverage(tmp_path, "mask strip", number)
        if frame < 16:
            _assert_box(mask_strip, 16 + (frame - 10), rows)
        else:
            assert mask_strip.max() == 0.0

        movie = _coverage(tmp_path, "movie", number)
        assert np.abs(movie - _columns(4 + 2 * (number - 1001), 8)).max() < 0.1
        assert np.abs(movie - _columns(4 + 2 * (number - 1000), 8)).max() > 0.8


@pytest.mark.slow
def test_a_strip_is_painted_where_its_matte_is(
    blender: Blender, run_in_blender: RunInBlender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_styles(tmp_path / "styles")
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    work = tmp_path / "Film ä"
    work.mkdir()
    told = run_in_blender(blender, SCRIPT, "painted", work, sys.executable, timeout=LONG, quiet=False)
    assert told["outcomes"] == [["FINISHED"]] * 4
    for index in range(4):
        inside = np.zeros((HEIGHT, WIDTH), bool)
        inside[10:26, 17 + index : 31 + index] = True
        _assert_changed(np.array(told["by mask"][index]), inside)
        inside[:] = _columns(4 + 2 * (index + 2), 8) > 0
        _assert_changed(np.array(told["by strip"][index]), inside)
    assert told["taken over unchanged"] == 4
    assert told["taken over of another mask"] == 0
    assert np.max(told["by nothing"]) == 0.0
    np.testing.assert_array_equal(np.array(told["previewed"]) > 0, np.tile(_columns(12, 8) > 0, (HEIGHT, 1)))


def _assert_changed(changed: NDArray[np.float64], inside: NDArray[np.bool_]) -> None:
    """Nearly everywhere inside, and nowhere more than two pixels beside it."""
    assert (changed[inside] > 0.02).mean() > 0.9
    near = inside.copy()
    for _ in range(2):
        near[1:] |= near[:-1].copy()
        near[:-1] |= near[1:].copy()
        near[:, 1:] |= near[:, :-1].copy()
        near[:, :-1] |= near[:, 1:].copy()
    assert changed[~near].max() == 0.0


@pytest.mark.slow
def test_only_mattes_that_changed_are_rendered(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> None:
    told = run_in_blender(blender, SCRIPT, "resume", tmp_path, timeout=LONG, quiet=False)
    assert told["rendered"] == {
        "first": [12, 6],
        "unchanged": [0, 0],
        "one lost": [1, 0],
        "the strip moved": [6, 0],
        "both moved, the styled one less": [0, 0],
        "both moved alike": [0, 0],
        "the mask edited": [6, 0],
    }
    again, once = (_coverage(tmp_path, name, 1007) for name in ("again", "strip"))
    np.testing.assert_allclose(again, 1 - once, atol=1e-6)


@pytest.mark.slow
def test_a_scene_s_mattes_have_its_size(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> None:
    told = run_in_blender(blender, SCRIPT, "scene_plate", tmp_path, timeout=LONG, quiet=False)
    assert told["numbers"] == [1003, 1004]
    coverage = _coverage(tmp_path, "mask", 1004, (48, 48))
    assert coverage[24, 20] == pytest.approx(0.5, abs=1e-4)
    assert coverage[24, 40] == 0.0
    assert "clear the strip's transform" in told["other size"]
    assert "clear the strip's transform" in told["moved"]
    assert told["same size"] == told["off"] == ""


@pytest.mark.slow
def test_a_source_that_is_gone_is_named_with_the_remedy(
    blender: Blender, run_in_blender: RunInBlender, tmp_path: Path
) -> None:
    told = run_in_blender(blender, SCRIPT, "missing", tmp_path, timeout=LONG, quiet=False)
    assert "'hero'" in told["no strip"]
    assert "choose the strip again" in told["no strip"]
    assert told["there"] == ""
    assert "Find Missing Files" in told["no picture"]
    assert "choose a strip that has a picture" in told["sound"]
    assert "'hero'" in told["no movie"]
    assert "choose the movie again" in told["no movie"]
    assert told["no mask"].startswith("2: there is no mask 'gone'")
    picture, kind, path = told["movie in a recipe"]
    assert (picture, kind) == ("hero.matte.####.png", "IMAGES")
    assert path.endswith("gone.mp4")
