"""The Style node in Blender's own window, with a real pointer and real keys.

``BRUSHPASS_BLENDER_GUI`` names the folder of its launchers, see ``build_tools/window.py``; elsewhere the test is
skipped. ``BRUSHPASS_GUIDE_PICTURES`` names where to leave the screenshots.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from service_shots import write_styles

from build_tools.package import Package
from build_tools.window import VARIABLE, command, find_launchers, write_interpreter

SCRIPT = Path(__file__).parent / "gui" / "compositor.py"
LONGEST_SECONDS = 900


@pytest.mark.slow
def test_a_node_is_added_rendered_cancelled_and_deleted(extension_package: Package, tmp_path: Path) -> None:
    launchers = find_launchers()
    if launchers is None:
        pytest.skip(f"no Blender with a window: {VARIABLE} is not set")
    folder = Path(os.environ.get("BRUSHPASS_GUIDE_PICTURES", "") or tmp_path / "out").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    write_styles(tmp_path / "styles")
    interpreter = write_interpreter(launchers, tmp_path / "python")
    # Neither the private environment nor the cache of this machine's user is the test's business.
    own = {"BLENDER_USER_RESOURCES": tmp_path / "resources", "XDG_DATA_HOME": tmp_path / "data"}
    own["BRUSHPASS_STYLES"] = tmp_path / "styles"
    result = subprocess.run(
        command(launchers, SCRIPT, extension_package.archive, interpreter, folder),
        env={**os.environ, **{name: str(path) for name, path in own.items()}},
        timeout=LONGEST_SECONDS,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]

    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    assert told["before"] == [0, 2, 1, ""]
    assert told["added"] == [1, 4, 2, "vector z"]
    assert told["dropped on the link"] == ["Group Output"]
    assert told["passes"] == "cryptomatte_object vector z"
    assert told["keyed"] == ['nodes["Style"].brushpass.regions[0].strength']
    assert told["cancelled"], "Esc ends the wait for the backend"
    assert told["preference"] == ""
    styled, notes = told["styled"]
    assert styled
    assert [note for note in notes if note.startswith("not stabilised")] == notes
    assert "no style is named 'nowhere'" in told["fault"]
    assert min(told["marked"]) > 0.4, "bands of magenta and black"
    assert sum(told["marked"]) == pytest.approx(1.0)
    assert told["deleted"] == told["before"]
    assert told["undone"][:3] == told["added"][:3]
    assert told["redone"] == told["before"]
