"""``nst stylize`` and ``nst preview`` on real files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from nst_process import Nst, make_nst, sentence, write_pictures

from nst_backend.media.images import read_image


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    made = make_nst(tmp_path)
    write_pictures(tmp_path / "in", 3)
    return made


def write_recipe(folder: Path, **parts: object) -> Path:
    data = {
        "version": 1,
        "plate": {"path": "in/plate.####.png"},
        "regions": [{"name": "all", "matte": {"everything": {}}, "style": "swirl"}],
        "temporal": {"smoothing": 0.0},
        "output": {"path": "out/styled.####.png"},
        "compute": {"device": "cpu"},
    }
    path = folder / "recipe.json"
    path.write_text(json.dumps({**data, **parts}))
    return path


def test_identity_gives_back_the_pictures(nst: Nst) -> None:
    result = nst("stylize", "in/plate.####.png", "--style", "identity", "-o", "out/a.####.png", "--smoothing", "0")
    assert result.returncode == 0, result.stderr
    for number in (1, 2, 3):
        before, _ = read_image(nst.folder / f"in/plate.{number:04d}.png")
        after, _ = read_image(nst.folder / f"out/a.{number:04d}.png")
        assert np.array_equal(before, after)
    assert "3 frames" in result.stdout


def test_options_reach_the_picture(nst: Nst) -> None:
    for name, strength in (("half", "0.5"), ("full", "1")):
        result = nst("stylize", "in/plate.0001.png", "--style", "swirl", "--strength", strength, "-o", f"{name}.png")
        assert result.returncode == 0, result.stderr
    plate = read_image(nst.folder / "in/plate.0001.png")[0]
    half, full = (read_image(nst.folder / f"{name}.png")[0] for name in ("half", "full"))
    assert np.abs(full - plate).mean() > 1.5 * np.abs(half - plate).mean() > 0.01


def test_size_changes_the_output(nst: Nst) -> None:
    assert nst("stylize", "in/plate.0001.png", "--style", "swirl", "--size", "50%", "-o", "s.png").returncode == 0
    assert read_image(nst.folder / "s.png")[0].shape == (16, 24, 3)


def test_recipe_frames_and_machine_options(nst: Nst) -> None:
    result = nst("stylize", write_recipe(nst.folder), "--frames", "2-3", "--progress", "json")
    assert result.returncode == 0, result.stderr
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert {event["frame"] for event in events if event["event"] == "frame"} == {2, 3}
    assert events[-1]["event"] == "done"
    assert not (nst.folder / "out/styled.0001.png").exists()
    assert (nst.folder / "out/styled.0002.png").is_file()


def test_an_output_on_the_command_line_is_relative_to_where_it_runs(nst: Nst) -> None:
    (nst.folder / "deeper").mkdir()
    recipe = write_recipe(nst.folder / "deeper", plate={"path": "../in/plate.####.png"})
    result = nst("stylize", recipe, "-o", "here.####.png")
    assert result.returncode == 0, result.stderr
    assert (nst.folder / "here.0001.png").is_file()


def test_openjd_progress_ends_at_a_hundred(nst: Nst) -> None:
    result = nst("stylize", write_recipe(nst.folder), "--progress", "openjd")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert all(line.startswith("openjd_") for line in lines)
    percents = [float(line.split(": ")[1]) for line in lines if line.startswith("openjd_progress: ")]
    assert percents == sorted(percents)
    assert percents[-1] == 100.0


def test_a_failed_frame_is_named_and_the_others_are_written(nst: Nst) -> None:
    (nst.folder / "in/plate.0002.png").write_bytes(b"\x89PNG\r\n\x1a\n not a picture")
    result = nst("stylize", write_recipe(nst.folder), "--progress", "openjd")
    assert result.returncode == 3
    assert "frame 2" in result.stderr
    assert any(line.startswith("openjd_fail: ") for line in result.stdout.splitlines())
    assert (nst.folder / "out/styled.0003.png").is_file()
    assert not (nst.folder / "out/styled.0002.png").exists()


def test_a_run_file_writes_an_output_for_each_style(nst: Nst) -> None:
    (nst.folder / "clip.ini").write_text(
        "[run]\nvideo = in/plate.####.png\nstyles = identity, swirl\noutput = out/{style}.####.png\n"
        "smoothing = 0  ; still pictures\nresolution = 24x16\ndevice = cpu\nframes = 1-2\n"
    )
    result = nst("stylize", "clip.ini")
    assert result.returncode == 0, result.stderr
    written = sorted(path.name for path in (nst.folder / "out").glob("*.png"))
    assert written == ["identity.0001.png", "identity.0002.png", "swirl.0001.png", "swirl.0002.png"]
    assert read_image(nst.folder / "out/swirl.0001.png")[0].shape == (16, 24, 3)


def test_preview_writes_a_picture_and_says_whether_it_prerolled(nst: Nst) -> None:
    recipe = write_recipe(nst.folder, temporal={"smoothing": 0.8, "flow": "dis"})
    alone = nst("preview", recipe, "--frame", "3", "-o", "alone.png", "--size", "24x16")
    assert alone.returncode == 0, alone.stderr
    assert "without preroll" in alone.stdout
    assert read_image(nst.folder / "alone.png")[0].shape == (16, 24, 3)
    after = nst("preview", recipe, "--frame", "3", "-o", "after.png", "--preroll", "--mattes")
    assert "after 2 frames of preroll" in after.stdout
    assert read_image(nst.folder / "after.1_all.png")[0].min() == 1.0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["stylize", "in/plate.####.png", "--style", "swril", "-o", "a.####.png"], 2, ["swril", "'swirl'"]),
        (["stylize", "in/plate.####.png", "--style", "swirl"], 2, ["-o"]),
        (["stylize", "in/plate.####.png", "-o", "a.####.png"], 2, ["--style"]),
        (["stylize", "gone.####.png", "--style", "swirl", "-o", "a.####.png"], 6, ["gone.####.png"]),
        (["stylize", "gone.json"], 6, ["gone.json"]),
        (
            ["stylize", "in/plate.0001.png", "--style", "swirl", "-o", "a.png", "--strength", "2"],
            2,
            ["--strength", "0 to 1"],
        ),
        (["stylize", "in/plate.0001.png", "--style", "swirl", "-o", "a.png", "--device", "tpu"], 2, ["tpu"]),
        (["stylize", "recipe.json", "--style", "swirl"], 2, ["--style", "recipe.json"]),
        (["stylize", "recipe.json", "--frames", "9-3"], 2, ["--frames", "smaller frame first"]),
        (["stylize", "recipe.json", "--flow", "vectr"], 2, ["--flow", "'vector'"]),
        (["stylize", "--stile", "x", "in/plate.0001.png"], 2, ["--stile", "'--style'"]),
        (["stylise"], 2, ["--help"]),
        (["stylze"], 2, ["'stylize'"]),
        (["preview", "recipe.json", "--frame", "77"], 6, ["77"]),
    ],
)
def test_a_mistake_is_one_sentence_with_a_remedy(nst: Nst, arguments: list[str], code: int, words: list[str]) -> None:
    write_recipe(nst.folder)
    result = nst(*arguments, "--progress", "none") if "--" in " ".join(arguments) else nst(*arguments)
    assert result.returncode == code, result.stderr
    line = sentence(result)
    assert all(word in line for word in words), line


def test_somebody_elses_files_are_kept(nst: Nst) -> None:
    (nst.folder / "out").mkdir()
    mine = nst.folder / "out/styled.0001.png"
    mine.write_bytes(b"not yours")
    recipe = write_recipe(nst.folder)
    assert "--overwrite" in sentence(nst("stylize", recipe))
    assert mine.read_bytes() == b"not yours"
    assert nst("stylize", recipe, "--overwrite").returncode == 0
    assert read_image(mine)[0].shape == (32, 48, 3)


def test_chunks_in_processes_of_their_own_are_the_film_bit_for_bit(nst: Nst) -> None:
    write_pictures(nst.folder / "in", 7)
    window = {"smoothing": 0.9, "mode": "window"}
    regions = [{"name": "all", "matte": {"everything": {}}, "style": "swirl", "scale": 10}]
    recipe = write_recipe(nst.folder, temporal=window, regions=regions)
    assert nst("stylize", recipe, "-o", "whole/styled.####.png").returncode == 0
    # Side by side into one folder, as a farm's workers do it.
    chunks = [
        subprocess.Popen(
            nst.command("stylize", recipe, "--frames", frames), cwd=nst.folder, env=nst.environment,
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        )
        for frames in ("1-2", "3-7")
    ]  # fmt: skip
    faults = [chunk.communicate()[1] for chunk in chunks]
    assert [chunk.returncode for chunk in chunks] == [0, 0], faults
    for number in range(1, 8):
        name = f"styled.{number:04d}.png"
        assert (nst.folder / "out" / name).read_bytes() == (nst.folder / "whole" / name).read_bytes()
    preview = nst("preview", recipe, "--frame", "2", "-o", "p.png", "--preroll")
    assert "with 5 frames around it" in preview.stdout, preview.stderr
