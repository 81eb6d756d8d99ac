"""Size, handles and proxies of a result in real Blenders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_output.py")


def test_size_handles_and_proxies(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> None:
    told = run_in_blender(blender, SCRIPT, film_folder, sys.executable, timeout=400.0, quiet=False)
    assert "the size of the output is '32x18': write a percentage such as 50%" in told["not a percentage"]
    assert told["outcome"] == ["FINISHED"]
    # Of ten frames the strip shows the third to the sixth; on the left there are but two more.
    assert told["shown"] == ["v001/styled.1001.png", 9, 5, 9]
    assert told["size"] == [18, 32]
    assert told["scale"] == [2.0, 2.0]
    assert told["error"] < 0.02
    # Blender 4.5 builds none for what is trimmed away.
    shown = {f"BL_proxy/images/25/styled.{number}.png_proxy.jpg" for number in range(1003, 1007)}
    assert shown <= set(told["proxies"])
    assert told["selected"] == [True, True, True]
    assert told["drawn out"] < 0.02
    assert told["plate"] == [2.0, 1.5]
    assert told["half"] == [4.0, 3.0]
    assert told["as movie"] == ["FINISHED"]
    assert told["half movie"] == ["MOVIE", 32, 4.0, 3.0]
    assert told["movie proxies"] == ["proxy_50.avi"]
    # As ever, what was keyed on the result moves the original again, but not by the enlargement.
    assert told["removed"] == [2.0, 1.0]
