"""Restyle in real Blenders with the real backend: when a node is stale, and what the bridge's passes are afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from installed_blender import RunInBlender

from nst_backend.media.exr import read_exr

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_compositor_restyle.py")
LONG = 600.0
NO_RENDER = "Render the frame first"
NOTHING_NEW = "shows what the settings say"


@pytest.fixture
def restyle(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[[str], Any]:
    """Runs a case of ``bpy_compositor_restyle.py`` in the folder, with this Python as the backend's."""

    def run(case: str) -> Any:
        # Blender complains about graphics cards that are not there.
        return run_in_blender(blender, SCRIPT, case, film_folder, sys.executable, timeout=LONG, quiet=False)

    return run


def _slot(channels: Mapping[str, Any], number: int) -> np.ndarray:
    """The picture of a slot, ``(H, W, 3)``."""
    name = next(name for name in channels if name.endswith(f"Style {number} Image.R"))
    return np.stack([channels[name[:-1] + channel] for channel in "RGB"], axis=-1)


def test_changed_settings_are_applied_as_a_render_would(restyle: Callable[[str], Any], film_folder: Path) -> None:
    told = restyle("changed")
    assert NO_RENDER in told["first"]
    assert told["fresh"][0] == {}
    assert NOTHING_NEW in told["fresh"][1]
    assert told["stale"] == {"Style": "strength of 'region 1', scale of 'region 1' changed"}
    assert told["outcome"] == ["FINISHED"]
    assert told["rendered"] == [".Brushpass Bridge"], "no scene of the artist's was"
    assert told["preference"]
    assert told["same plate"]
    assert told["now"] == {}
    frame, restyled, notes = told["told"]
    assert (frame, restyled) == (3, True)
    assert [note for note in notes if note.startswith("not stabilised")] == notes
    assert len(notes) == 1
    found, reference = (read_exr(film_folder / told[name]).channels for name in ("restyled", "rendered anew"))
    assert set(found) == set(reference)
    assert np.ptp(_slot(found, 1)) > 0.1
    for name, channel in reference.items():
        assert np.array_equal(found[name], channel), name
    assert told["files"] == 2, "of a scene the last render alone"
    assert told["saved elsewhere"] == ["FINISHED"]
    assert told["another file"][0] is False
    assert NO_RENDER in told["another file"][1]


def test_a_node_is_stale_where_its_frame_would_be_another(restyle: Callable[[str], Any]) -> None:
    told = restyle("keyed")
    for same in ("the same key", "another frame's key", "moved back", "border", "muted"):
        assert told[same] == {}, same
    assert told["moved keys"] == {"Style": "strength of 'region 1' changed"}
    assert told["style"] == {"Style": "style of 'region 1' changed"}
    assert told["region"] == {"Style": "the list of regions changed"}
    assert told["motion"] == {"Style": "the motion settings changed"}
    assert "no region is enabled" in told["fault"]["Style"]
    assert told["matte"] == {"Style": "Matte was not painted"}
    assert "view layer" in told["layer"]["Style"]
    assert "Zweite" in told["layer that was not rendered"]


def test_only_stale_nodes_are_painted_and_a_fault_leaves_what_was(
    restyle: Callable[[str], Any], film_folder: Path
) -> None:
    told = restyle("several")
    assert told["stale"] == {
        "Style": "strength of 'region 1' changed",
        "Style.002": "it was not in the last render",
    }
    assert told["outcome"] == ["FINISHED"]
    assert told["restyled"] == [True, False, True]
    first, second, third = (read_exr(film_folder / told[name]).channels for name in ("first", "second", "third"))
    assert np.abs(_slot(second, 1) - _slot(first, 1)).max() > 0.01
    assert np.array_equal(_slot(second, 2), _slot(first, 2))
    assert np.array_equal(_slot(second, 3), _slot(first, 2)), "the muted one's settings are the second's"
    assert "'Niemand'" in told["failed"]
    assert np.abs(_slot(third, 1) - _slot(second, 1)).max() > 0.01, "the other one was painted"
    assert np.array_equal(_slot(third, 2), _slot(second, 2)), "the old picture stays"
    assert told["said"][0] is True
    assert "'Niemand'" in told["said"][1]
    assert list(told["left"]) == ["Style.001"]


def test_a_border_is_restyled_as_it_was_rendered(restyle: Callable[[str], Any], film_folder: Path) -> None:
    told = restyle("border")
    for names in told.values():
        found, reference = (read_exr(film_folder / name).channels for name in names)
        assert np.array_equal(_slot(found, 1), _slot(reference, 1))
        assert np.ptp(_slot(found, 1)) > 0.1


def test_it_gives_way_to_a_render_and_to_esc(restyle: Callable[[str], Any]) -> None:
    told = restyle("cancelled")
    assert told["twice"] == "It is under way"
    assert told["outcomes"] == 0
    assert told["kept"] == [True, True]
    assert told["overtaken"] == [True, 0, {}]
    assert NO_RENDER in told["no last render"]
