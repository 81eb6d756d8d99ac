"""Pre-flight as the interface does it, in real Blenders: its operator, and the check as a render begins."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_check.py")


@pytest.fixture
def check(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[[str], Any]:
    """Runs a case of ``bpy_check.py`` in the folder, with this Python as the backend's."""

    def run(case: str) -> Any:
        return run_in_blender(blender, SCRIPT, case, film_folder, sys.executable, quiet=False)

    return run


def test_the_operator_reports_what_it_finds_until_it_is_mended(check: Callable[[str], Any]) -> None:
    told = check("operator")
    assert told["no node"] is False
    assert told["never"] is told["another file"] is None
    assert told["sound"] == [["FINISHED"], [None, []]]
    report, (frame, sentences) = told["spoilt"]
    assert frame is None
    assert [words in " ".join(sentences) for words in ("no camera", "'Kugel' is not the name")] == [True, True]
    assert all(sentence in report for sentence in sentences)
    ((mended,),) = told["half mended"][1:]
    assert "'Kugel' is not the name" in mended
    assert told["about another node"] == []
    assert told["mended"] == [None, []]
    assert told["spoilt again"] == told["half mended"]
    assert "error: the backend: " in told["no backend"]
    outcome, (_, sentences) = told["no backend is needed"]
    assert outcome == ["FINISHED"]
    assert [sentence.split(":")[0] for sentence in sentences] == ["warning"]


def test_a_render_is_checked_for_what_it_renders(check: Callable[[str], Any]) -> None:
    told = check("renders")
    assert told["without a window"] == [None, []]
    assert told["a frame"] == [[2, []], []]
    assert told["an animation"] == [[None, []], []]
    for name, frame in (("a spoilt frame", 3), ("a spoilt animation", None)):
        (found, sentences), heard = told[name]
        assert found == frame
        assert "compositing is off" in sentences[0]
        assert heard == [[sentences[0], 1]], name
    assert told["renamed"] == [[1, []], []]
    assert told["without nodes"] is None
