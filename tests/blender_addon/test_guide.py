"""The steps of docs/sequencer.md in Blender's own window, with a real pointer and real keys.

See ``blender_window.py``; Blender is to be 5.2, and ``xdotool`` and ImageMagick's ``import`` are to be found on
its screen. ``BRUSHPASS_GUIDE_PLATE`` (a folder of twelve PNGs) and ``BRUSHPASS_GUIDE_PICTURES`` (where they go) make
the pictures of the guide.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import OpenImageIO as oiio
import pytest
from blender_window import run_in_window

if TYPE_CHECKING:
    from build_tools.package import Package

SCRIPT = Path(__file__).parent / "gui" / "guide.py"
ROUNDING = 1 / 255


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


@pytest.mark.slow
def test_a_strip_is_styled_as_the_guide_says(extension_package: Package, plate: Path, tmp_path: Path) -> None:
    told = run_in_window(SCRIPT, extension_package, tmp_path, plate, styles=False)
    assert told["keys"] == [1, 8], "set on the frames 1 and 10, the last one moved by two frames"
    assert told["strength"] == {"1": 0.0, "8": 1.0}
    assert told["painted"]["1"] <= ROUNDING
    assert told["painted"]["8"] > 0.1
    assert told["visible"]
    assert told["beside"] == ["READY", True], "a preview does not wait for the job beside it"
    assert told["first"] == "DONE"
    assert told["gave way"], "the job's frame is shown where it was previewed"
    assert told["above"]
    assert len(told["frames"]) == 12
    assert all((Path(told["folder"]) / name).is_file() for name in told["frames"])
    assert told["second"] == "CANCELLED"
    assert told["kept"] == told["on disk"] >= 2
