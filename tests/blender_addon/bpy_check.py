"""Pre-flight as the interface does it, inside Blender's Python: by hand, and as renders begin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import compositor_scene as comp
from bpy_styling import refused


def run(case: str, folder: str, python: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    return CASES[case](Path(folder))


def operator(work: Path) -> dict[str, Any]:
    """Without nodes, sound, spoilt twice, mended."""
    scene = comp.new_scene(work / "shot.blend")
    told: dict[str, Any] = {"no node": bpy.ops.brushpass.check.poll(), "never": _known(scene)}
    node = comp.add_node(scene)
    comp.region(node, "swirl", "OBJECT", "Kügel")
    told["sound"] = [list(bpy.ops.brushpass.check()), _known(scene)]
    camera, scene.camera = scene.camera, None
    node.brushpass.regions[0].matte.names[0].name = "Kugel"
    told["spoilt"] = [refused(bpy.ops.brushpass.check), _known(scene)]
    scene.camera = camera
    _checks().look_again()
    told["half mended"] = _known(scene)
    told["about another node"] = [one.node for one in _checks().last(scene.name).about("Style.001")]
    node.brushpass.regions[0].matte.names[0].name = "Kügel"
    _checks().look_again()
    told["mended"] = _known(scene)
    node.brushpass.regions[0].matte.names[0].name = "Kugel"
    _checks().look_again()
    told["spoilt again"] = _known(scene)
    node.brushpass.regions[0].matte.names[0].name = "Kügel"
    preferences = comp.room("preferences").preferences()
    preferences.environment_path = str(work / "nowhere")
    told["no backend"] = refused(bpy.ops.brushpass.check)
    node.mute = True
    told["no backend is needed"] = [list(bpy.ops.brushpass.check()), _known(scene)]
    node.mute = False
    preferences.environment_path = ""
    bpy.data.scenes.new("Other")
    comp.new_scene(work / "other.blend")
    told["another file"] = _known(scene=bpy.context.scene)
    return told


def renders(work: Path) -> dict[str, Any]:
    """What is looked at of a frame, of an animation and of a scene without nodes, and who is told."""
    scene = comp.new_scene(work / "shot.blend")
    comp.region(comp.add_node(scene), "swirl", "OBJECT", "Kügel")
    heard: list[list[Any]] = []
    _checks().listeners.append(lambda worst, count: heard.append([worst.sentence(), count]))
    told: dict[str, Any] = {}

    def rendered(name: str, **how: Any) -> None:
        heard.clear()
        comp.render(scene, work / "frame", **how)
        _checks().look_at_due()
        told[name] = [_known(scene), list(heard)]

    rendered("without a window", frames=(2,))
    _checks().before_renders = True
    rendered("a frame", frames=(2,))
    scene.render.use_compositing = False
    rendered("a spoilt frame", frames=(3,))
    rendered("a spoilt animation", animation=True)
    scene.render.use_compositing = True
    rendered("an animation", animation=True)
    scene.name = "Renamed"
    rendered("renamed", frames=(1,))
    empty = bpy.data.scenes.new("Empty")
    empty.camera, empty.render.resolution_x, empty.render.resolution_y = scene.camera, 8, 8
    bpy.ops.render.render(scene=empty.name)
    _checks().look_at_due()
    told["without nodes"] = _known(empty)
    return told


def _checks() -> Any:
    return comp.room("compositor.check.results").checks


def _known(scene: Any) -> list[Any] | None:
    """Frame, severities and sentences of the last check."""
    checked = _checks().last(scene.name)
    return None if checked is None else [checked.frame, [one.sentence() for one in checked.findings]]


CASES = {case.__name__: case for case in (operator, renders)}
