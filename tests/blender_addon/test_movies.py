"""A strip styled into a movie: shown when it is whole, exchanged for pictures and back, refused where it lies."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_movies.py")


@pytest.fixture
def movies(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[..., Any]:
    """Runs a case of ``bpy_movies.py`` with this Python as the backend's."""
    return lambda case, quiet=True: run_in_blender(
        blender, SCRIPT, case, film_folder, sys.executable, timeout=400.0, quiet=quiet
    )


def test_a_movie_through_its_life(movies: Callable[..., Any]) -> None:
    told = movies("life")
    assert told["outcome"] == ["FINISHED"]
    # Of the identity H.264 takes little, and no frame is another one's.
    assert told["error"] < told["neighbours"] / 4
    assert told["first"] == ["MOVIE", "v001/styled.mp4", 5, 9, 2, "Bild ä styled", True, "COLOR_03", 4]
    assert told["fps"] == 24.0
    assert told["bottom"]
    assert told["plate"] == ["IMAGE", "plate/plate.1003.png", 5, 9, 2, 7.0, True]
    assert told["movie again"] == ["MOVIE", "v001/styled.mp4", 5, 9, 2, 7.0, 0.5, "Bild ä styled"]
    assert told["images"] == ["IMAGE", "v002/styled.1003.png", 5, 9, 2]
    assert told["mov"] == ["MOVIE", "v003/styled.mov", 4, 10, 2, 6]
    assert told["first again"] == ["MOVIE", "v001/styled.mp4", 4, 10, 2]
    assert told["images again"][:2] == ["IMAGE", "v002/plate.1002.png"]
    assert told["deleted"] == ["IMAGE", "plate/plate.1002.png", 4, 10, 2, False]
    assert told["removed"] == [["Bild ä"], False]
    # What was keyed on the result moves the original again.
    assert told["opacity"] == 0.5


def test_a_movie_is_resumed_and_redone_by_its_frames(movies: Callable[..., Any]) -> None:
    told = movies("resumed", quiet=False)
    assert told["outcomes"] == [["CANCELLED"], ["FINISHED"], ["FINISHED"]]
    assert told["cancelled"] == ["cancelled", True, False]
    assert told["shown"] == ["MOVIE", "v001/styled.mp4", 3, 43, 2]
    assert told["left"] == ["MOVIE", "v002/styled.mp4", 3, 43, 2, 40]
    assert told["changed"] == [30]


def test_what_a_movie_cannot_hold_is_refused(movies: Callable[..., Any]) -> None:
    told = movies("refusals", quiet=False)
    assert "a movie has no room for mattes and other channels: leave them out" in told["mattes"]
    assert "'Bild ä' is transparent at frame 3, which a movie cannot hold: choose Images" in told["alpha"]
    assert told["remedy"] == "style"
    assert told["nothing placed"] == [True, False]


def test_frames_between_frames_are_those_of_a_movie(movies: Callable[..., Any]) -> None:
    told = movies("retimed", quiet=False)
    assert "is in the meta 'Meta', which is played at another speed: choose Movie" in told["as images"]
    assert told["outcome"] == ["FINISHED"]
    assert told["steps"] >= 5
    # A frame is 0.6 / 8 brighter than the one before it.
    assert told["error"] < 0.02
