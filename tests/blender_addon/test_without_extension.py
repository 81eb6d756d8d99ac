"""A file with Style nodes that pass through a Blender without the extension; real Blenders, the real backend."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_without_extension.py")


def test_nothing_of_style_nodes_is_lost_where_the_extension_is_off(
    blender: Blender, run_in_blender: RunInBlender, film_folder: Path
) -> None:
    told = run_in_blender(blender, SCRIPT, film_folder, sys.executable, timeout=900.0, quiet=False)
    assert told["captured"] == told["baked"] == "{'FINISHED'}"
    assert told["off"] == ["NodeUndefined", "NodeUndefined"], "those that stay Style nodes"
    assert told["after"] == told["before"]
    nodes = told["before"]["nodes"]
    assert {name: node["mode"] for name, node in nodes.items()} == {"Live": "LIVE", "Captured": "CAPTURE"}
    assert nodes["Captured"]["record"]["version"] == 1
    assert [region["matte"]["mask_input"] for region in nodes["Captured"]["settings"]["regions"]][1] == 2
    assert all(len(node["curve"]) == 1 for node in nodes.values())
    assert len(told["before"]["curves"]) == 3
    assert told["differences"] == [0.0, 0.0, 0.0]
    assert min(told["shown"]) > 0.1
    assert told["unbaked"] == "{'FINISHED'}"
    assert told["back"]["settings"]["regions"][0]["matte"]["names"][0]["name"] == "Kügel"
    assert len(told["back"]["curve"]) == 1
