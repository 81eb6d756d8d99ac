"""The command line replaces nothing that it reads, and nothing else without being told to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nst_backend.cli.main import run
from nst_backend.contract.errors import ExitCode
from nst_backend.media.exr import write_exr
from nst_backend.media.images import write_image
from nst_backend.media.video import mux_video


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[Path, bytes]:
    """A Cryptomatte plate, a picture, a video and a recipe in the working folder, with their contents."""
    monkeypatch.chdir(tmp_path)
    zero = np.zeros((6, 8), np.float32)
    ids = np.full((6, 8), 0x3F1F2E3D, np.uint32).view(np.float32)
    channels = {"R": zero, "G": zero, "B": zero, "Crypto00.r": ids, "Crypto00.g": zero + 1, "Crypto00.b": zero}
    names = {"name": "Crypto", "hash": "MurmurHash3_32", "conversion": "uint32_to_float32"}
    header = {f"cryptomatte/1a2b3c4/{key}": value for key, value in names.items()}
    header["cryptomatte/1a2b3c4/manifest"] = '{"Hero": "3f1f2e3d"}'
    for number in (1, 2):
        write_exr(tmp_path / f"plate.{number:04d}.exr", {**channels, "Crypto00.a": zero}, attributes=header)
    write_image(tmp_path / "picture.png", np.zeros((16, 16, 3), np.float32))
    mux_video([np.zeros((16, 16, 3), np.float32)] * 2, tmp_path / "clip.mp4", fps=24)
    (tmp_path / "recipe.json").write_text("{}")
    return {path: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    "arguments",
    [
        ["mattes", "plate.####.exr", "--write", "Hero", "-o", "plate.####.exr", "--overwrite"],
        ["mattes", "plate.0001.exr", "--write", "Hero", "-o", "./plate.0001.exr", "--overwrite"],
        ["movie", "clip.mp4", "-o", "clip.mp4", "--overwrite"],
        ["movie", "plate.####.exr", "-o", "clip.mp4"],
        ["optimize", "picture.png", "picture.png", "-o", "picture.png", "--overwrite"],
        ["stylize", "recipe.json", "--report", "recipe.json"],
        ["stylize", "plate.####.exr", "--style", "x", "-o", "o.####.exr", "--report", "plate.0001.exr"],
    ],
)
def test_nothing_is_replaced(
    files: dict[Path, bytes], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run(arguments) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("nst: ")
    assert {path: path.read_bytes() for path in files} == files


def test_the_fixture_can_be_written_from(files: dict[Path, bytes]) -> None:
    """What is refused above is refused for its output alone."""
    assert run(["mattes", "plate.####.exr", "--write", "Hero", "-o", "matte.####.exr"]) == ExitCode.DONE
    assert run(["movie", "clip.mp4", "-o", "copy.mp4"]) == ExitCode.DONE
