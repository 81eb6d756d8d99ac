"""The steps of docs/sequencer.md in Blender's own window, with a real pointer and real keys.

``BRUSHPASS_BLENDER_GUI`` names a folder with a launcher ``blender-gui``, which runs Blender 5.2 on a
virtual screen of 1600x900 where ``xdotool`` and ImageMagick's ``import`` are found. Where Blender lives in a
system of its own, a launcher ``outside`` beside it runs a command on this one. Elsewhere the test is skipped.

``BRUSHPASS_GUIDE_PLATE`` (a folder of twelve PNGs) and ``BRUSHPASS_GUIDE_PICTURES`` (where to leave the screenshots)
make the pictures of the guide.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from build_tools.package import Package

SCRIPT = Path(__file__).parent / "gui" / "guide.py"
LONGEST_SECONDS = 900


@pytest.fixture
def launchers() -> Path:
    named = os.environ.get("BRUSHPASS_BLENDER_GUI", "")
    if not named:
        pytest.skip("no Blender with a window: BRUSHPASS_BLENDER_GUI is not set")
    if not (Path(named) / "blender-gui").is_file():
        pytest.fail(f"BRUSHPASS_BLENDER_GUI holds no blender-gui: {named}", pytrace=False)
    return Path(named)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    named = os.environ.get("BRUSHPASS_GUIDE_PLATE", "")
    if named:
        return Path(named)
    folder = tmp_path / "plate"
    folder.mkdir()
    rows, columns = np.mgrid[0:180, 0:320].astype(np.float32)
    for frame in range(1, 13):
        waves = [0.5 + 0.5 * np.sin((columns + 4 * frame) / 23), 0.5 + 0.5 * np.sin(rows / 17), columns / 320]
        picture = oiio.ImageBuf(oiio.ImageSpec(320, 180, 3, "uint8"))
        picture.set_pixels(oiio.ROI(), np.stack(waves, axis=-1).astype(np.float32))
        assert picture.write(str(folder / f"waves.{frame:04d}.png"))
    return folder


@pytest.fixture
def environment(launchers: Path, tmp_path: Path) -> Path:
    """This Python, as Blender starts it."""
    words = [sys.executable]
    if (launchers / "outside").is_file():
        # Blender tells its children where its colour configuration lies, which is not seen from outside.
        words = [str(launchers / "outside"), "env", "-u", "OCIO", sys.executable]
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.mark.slow
def test_a_strip_is_styled_as_the_guide_says(
    launchers: Path, extension_package: Package, environment: Path, plate: Path, tmp_path: Path
) -> None:
    folder = Path(os.environ.get("BRUSHPASS_GUIDE_PICTURES", "") or tmp_path / "out").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    window = ["--factory-startup", "--window-geometry", "0", "0", "1600", "900"]
    arguments = [extension_package.archive, environment, plate, folder]
    result = subprocess.run(
        [str(launchers / "blender-gui"), *window, "--python", str(SCRIPT), "--", *map(str, arguments)],
        env={**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "resources")},
        timeout=LONGEST_SECONDS,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]

    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    assert told["keys"] == [1, 8]
    assert told["preview"] == "READY"
    assert told["first"] == "DONE"
    assert told["above"]
    assert len(told["frames"]) == 12
    assert all((Path(told["folder"]) / name).is_file() for name in told["frames"])
    assert told["second"] == "CANCELLED"
