"""Pictures that are painted by optimisation in real Blenders, with the real backend and a tiny loss network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from training.training_files import write_distilled

SCRIPT = Path(__file__).with_name("bpy_optimising.py")


@pytest.fixture
def film_folder(film_folder: Path) -> Path:
    """With a loss network in it."""
    write_distilled(film_folder / "tiny.safetensors")
    return film_folder


@pytest.mark.parametrize("told", ["strip"], indirect=True)
def test_a_region_of_a_strip_takes_the_painting_s_colours(told: Any) -> None:
    assert "red.png: choose it again" in told["refused"]
    assert told["works"] == 0
    assert told["outcome"] == ["FINISHED"]
    ((frames, steps, text),) = told["seen"]
    assert (frames, steps) in ((4, 40), (4, 10)), "frames are counted, and the steps of one beside them"
    assert f"/{frames}, step " in text
    assert told["frames"] == 4
    assert min(told["redder"]) > 0.2
    assert told["kept"] == 0.0


@pytest.mark.parametrize("told", ["node"], indirect=True)
def test_a_style_node_takes_the_painting_s_colours(told: Any) -> None:
    assert min(told["redder"]) > 0.1
