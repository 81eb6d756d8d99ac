"""Subcommands of ``--command brushpass`` by their handler in real Blenders, with the real backend.

``test_headless_shell.py`` has the command line itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from installed_blender import RunInBlender

from nst_backend.media.exr import read_exr

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_headless.py")
LONG = 600.0
SAME = 1e-4


@pytest.fixture
def command(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[[str], Any]:
    """Runs a case of ``bpy_headless.py`` in the folder, with this Python as the backend's."""

    def run(case: str) -> Any:
        # Blender complains about graphics cards that are not there.
        return run_in_blender(blender, SCRIPT, case, film_folder, sys.executable, timeout=LONG, quiet=False)

    return run


def events(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Standard output, each line of which is an event."""
    return [json.loads(line) for line in told["out"]]


def test_frames_are_those_of_an_animation_and_are_told_as_they_are_written(
    command: Callable[[str], Any], film_folder: Path
) -> None:
    told = command("rendered")
    first = events(told["first"])
    assert told["first"]["code"] == 0
    assert [event["path"] for event in first if event["event"] == "frame"] == [
        str(film_folder / f"a.{number:04d}.exr") for number in (1, 2)
    ]
    assert [(event["done"], event["total"]) for event in first if event["event"] == "progress"] == [(1, 2), (2, 2)]
    assert ["not stabilised" in event["problem"] for event in first if event["event"] == "warning"] == [True]
    assert first[-1]["event"] == "done"
    assert first[-1]["summary"]["frames"] == 2
    assert told["rest"]["out"] == ["openjd_progress: 100.0", "openjd_status: render 1/1, frame 3"]
    assert told["as the animation"] == [0.0, 0.0, 0.0]
    alone, rolled = told["third"]
    assert alone > 0.01, "without the frames before it, it is not stabilised"
    assert rolled == 0.0
    stages = [event["stage"] for event in events(told["rolled"]) if event["event"] == "progress"]
    assert stages == ["preroll", "preroll", "render"], "nothing lies before the shot"
    assert events(told["skipped"])[-1]["summary"]["skipped"] == 1
    assert told["files"] == ["a.0001.exr", "a.0002.exr", "a.0003.exr", "b.0003.exr", "c.0002.exr", "c.0003.exr"]


def test_what_cannot_be_obeyed_is_one_sentence(command: Callable[[str], Any]) -> None:
    told = command("usage")
    helps = {words: told.pop(words) for words in list(told) if words.endswith("--help")}
    assert [answer["code"] for answer in helps.values()] == [0] * 6
    assert all("usage: brushpass" in answer["out"][0] for answer in helps.values())
    assert told.pop("check")["code"] == 6, "no file is open"
    expected = {
        "": "no subcommand is given",
        "rendr": "did you mean 'render'",
        "render --frame 1": "unrecognized arguments: --frame",
        "render --frames 3-1": "write the smaller frame first",
        "render --frames one": "write it like '1-48'",
        "render --scene Sceen": "did you mean 'Scene'?",
        "render --preroll -1": "give 0 or more",
        "render --device warp --frames 1": "nothing was rendered, 'Scene', 'Style': compute.device is 'warp'",
        "render --overwrite --skip-existing": "not allowed with",
        "recipe --node Stile": "there is no node 'Stile' with settings: did you mean 'Style'?",
        "recipe --strip Any": "there is no strip 'Any' with settings",
        "sequence": "no strip of 'Scene' has an enabled region",
        "sequence --resume --redo-changed": "not allowed with",
        "bake --resume --device cpu": "what was asked for then is gone on with",
        "check --scene Nowhere": "there is no scene 'Nowhere'",
    }
    assert told.keys() == expected.keys()
    for words, sentence in expected.items():
        assert told[words]["code"] == 2, words
        assert sentence in told[words]["said"][-1], words
        assert not any("Traceback" in line for line in told[words]["err"]), words


def test_a_recipe_paints_the_scenes_frames_without_blender(command: Callable[[str], Any], film_folder: Path) -> None:
    told = command("recipe")
    assert [told[name]["code"] for name in ("written", "printed", "several")] == [0, 0, 2]
    written = json.loads((film_folder / "look" / "shot.json").read_text(encoding="utf-8"))
    assert written["plate"]["path"] == "../passes.####.exr"
    assert written["regions"] == json.loads("\n".join(told["printed"]["out"]))["regions"]
    assert "--node 'Style' of 'Scene', --node 'Style.001' of 'Scene'" in told["several"]["said"][-1]
    nst = [sys.executable, "-m", "nst_backend.cli.main", "stylize", str(film_folder / "look" / "shot.json")]
    subprocess.run(nst, check=True, capture_output=True, timeout=LONG)
    for frame in (1, 2, 3):
        styled = read_exr(film_folder / "look" / "styled" / f"styled.{frame:04d}.exr").channels
        node = read_exr(film_folder / f"node.{frame:04d}.exr").channels
        for channel in "RGB":
            # Half floats.
            bound = 1e-3 * np.maximum(1.0, np.abs(node[channel]))
            assert np.all(np.abs(styled[channel] - node[channel]) <= bound), (frame, channel)


def test_strips_are_styled_and_saved(command: Callable[[str], Any], film_folder: Path) -> None:
    told = command("sequence")
    styled = events(told["styled"])
    assert told["styled"]["code"] == 0
    assert sorted(styled[-1]["summary"]["strips"]) == ["Bild ä", "Zweite"]
    counts = [(event["done"], event["total"]) for event in styled if event["event"] == "progress"]
    assert counts == sorted(counts)
    assert counts[-1] == (12, 12), "six frames, each rendered and painted"
    assert told["file"] == str(film_folder / "b.blend")
    assert told["results"] == [True, True, False], "the third has no region"
    assert (told["resumed"]["code"], told["again"]["code"]) == (2, 0)
    assert "nothing is unfinished" in told["resumed"]["said"][-1]
    assert told["again"]["out"][-2:] == [
        "openjd_status: done 8/8",
        "openjd_status: warning: the results are on disk and not in the file: give --save or --save-as",
    ]
    assert told["part"]["code"] == 0
    assert told["device"] == "auto", "asked for on the command line, it is none of the file's"
    assert told["warped"]["code"] == 2
    assert "compute.device is 'warp'" in told["warped"]["said"][-1]
    assert told["painted"] == ["plate.1001.png", "styled.1002.png", "plate.1003.png", "plate.1004.png"]
    assert told["unpainted"]["code"] == 2
    assert "the frames 3,5-6 are not painted" in json.loads(told["unpainted"]["out"][-1])["findings"][0]["problem"]
    assert told["elsewhere"]["said"][-1].endswith("shows none of the frames 100: it shows 3-6")
    assert told["recipe"]["code"] == 0
    recipe = json.loads((film_folder / "zweite.json").read_text(encoding="utf-8"))
    assert recipe["plate"]["path"] == "brushpass/Scene/Zweite/plate/plate.####.png"
    assert told["checked"]["code"] == 0
    assert json.loads(told["checked"]["out"][-1]) == {"findings": [], "exit_code": 0}


def test_nodes_are_captured_baked_and_saved(command: Callable[[str], Any]) -> None:
    told = command("bake")
    assert {words: told[words]["code"] for words in ("--node Stile", "--frames 1,3", "--resume")} == {
        "--node Stile": 2,
        "--frames 1,3": 2,
        "--resume": 2,
    }
    assert "did you mean 'Style'" in told["--node Stile"]["said"][-1]
    assert "--frames has no meaning with --resume" in told["--frames 1-2 --resume"]["said"][-1]
    captured = events(told["captured"])
    assert told["captured"]["code"] == 0
    assert list(captured[-1]["summary"]["nodes"]) == ["Style"]
    assert told["plays"] == ["CAPTURE", 1, True]
    assert told["check"]["code"] == 0
    assert told["baked"]["code"] == 0
    assert not any("Brushpass" in kind for kind in told["nodes"])
    assert "has no Style node that is not baked yet" in told["again"]["said"][-1]
    assert told["checked"]["code"] == 0
    assert told["gone"]["code"] == 6
    assert "the frames 2 cannot be played back" in " ".join(told["gone"]["out"])
    assert told["saved"]


def test_a_check_asks_the_backend_too(command: Callable[[str], Any]) -> None:
    told = command("checked")
    assert (told["sound"]["code"], told["json"]["code"]) == (0, 0)
    assert told["sound"]["said"] == ["Brushpass: nothing is wrong with 'Scene'"]
    (finding,) = json.loads(told["style"]["out"][-1])["findings"]
    assert (told["style"]["code"], finding["severity"], finding["node"]) == (2, "error", "Style")
    assert "no such style" in finding["problem"]
    assert told["file alone"]["code"] == 0, "which styles there are is the backend's to say"
    assert told["refused"]["code"] == 2
    assert told["refused"]["out"][-1].startswith("openjd_fail: nothing was rendered, 'Scene', 'Style': ")
    assert told["backend"]["code"] == 2
    assert "is not there" in json.loads(told["backend"]["out"][-1])["findings"][0]["problem"]
    assert told["files"] == []


def test_a_frame_that_fails_ends_the_process_with_its_code(command: Callable[[str], Any]) -> None:
    told = command("failing")
    error = json.loads(told["last"])
    assert (told["code"], error["exit_code"], error["kind"]) == (6, 6, "input")
    assert error["problem"].startswith("frame 2 failed, 'Style': there is no matte")
    assert told["files"] == ["e.0001.exr"]
