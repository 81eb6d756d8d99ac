"""What the eyedropper of a Style node points into, inside Blender's Python: the last render, and what was captured."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import asked_objects as objects
import compositor_scene as comp

MIDDLE = (comp.SIZE[0] // 2, comp.SIZE[1] // 2)
CORNER = (2, 2)


def run(case: str, folder: str, python: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    # Which it is in a window alone.
    _rendering().keeps = True
    return CASES[case](Path(folder))


def rendered(work: Path) -> dict[str, Any]:
    """Before a render, after one, with a border, and after another file was opened."""
    scene = comp.new_scene(work / "shot ö.blend")
    node = comp.add_node(scene)
    comp.region(node, "identity", "OBJECT", "Kügel")
    told: dict[str, Any] = {"before": _refused(node, scene), "button": bpy.ops.brushpass.node_eyedropper.poll()}
    comp.render(scene, work / "frame", frames=(2,))
    found = _node_plate(node, scene)
    told["size"] = [found.plate.width, found.plate.height]
    told["picked"] = _picked(found, node, MIDDLE, CORNER)
    matte = node.brushpass.regions[0].matte
    matte.kind = "MATERIAL"
    told["a pass that was off"] = _names_refused(found, node)
    matte.kind = "OBJECT"
    scene.render.use_border = True
    scene.render.border_max_x = 0.5
    comp.render(scene, work / "border", frames=(2,))
    found = _node_plate(node, scene)
    told["border"] = [[found.plate.width, found.plate.height], list(_open(found, node).names["size"])]
    scene.render.use_compositing = False
    comp.render(scene, work / "not kept", frames=(2,))
    told["not composited"] = _refused(node, scene)
    return told


def captured(work: Path) -> dict[str, Any]:
    """A node that plays frames back: before they are there, at one of them, and beyond them."""
    scene = comp.new_scene(work / "shot.blend")
    scene.frame_end = 2
    node = comp.add_node(scene)
    comp.region(node, "identity", "OBJECT", "Kügel")
    node.mode = "CAPTURE"
    comp.update()
    told: dict[str, Any] = {"before": _refused(node, scene)}
    bpy.ops.wm.save_mainfile()
    assert bpy.ops.brushpass.node_capture(node=node.name) == {"FINISHED"}
    scene.frame_set(1)
    # The ball goes from the left to the right.
    places = ((MIDDLE[0] - 10, MIDDLE[1]), (MIDDLE[0] + 25, MIDDLE[1]))
    told["picked"] = _picked(_node_plate(node, scene), node, *places)
    matte = node.brushpass.regions[0].matte
    matte.kind = "INSTANCES"
    told["not looked for"] = _names_refused(_node_plate(node, scene), node)
    shelf = Path(bpy.path.abspath(node.record.shelf))
    objects.write(work, str(shelf / "plate"), model=matte.objects.model)
    owner = _owner(node)
    comp.room("settings.finder").finder_of(owner).find(bpy.context, owner, matte.objects.model)
    scene.frame_set(2)
    width, height = comp.SIZE
    quarters = ((width // 4, height // 2), (width * 3 // 4, height // 4), (width * 3 // 4, height * 3 // 4))
    told["objects"] = _picked(_node_plate(node, scene), node, *quarters)
    scene.frame_set(3)
    told["beyond"] = _refused(node, scene)
    return told


def _rendering() -> Any:
    return comp.room("compositor.bridge.rendering").rendering


def _node_plate(node: Any, scene: Any) -> Any:
    return comp.room("compositor.picking.node_plate").node_plate(node, scene)


def _refused(node: Any, scene: Any) -> str:
    errors = comp.room("contract.errors")
    try:
        _node_plate(node, scene)
    except errors.UsageError as fault:
        return str(fault.sentence())
    raise AssertionError("there is a plate")


def _open(found: Any, node: Any) -> Any:
    opening = comp.room("preview.opening_plate").OpeningPlate(
        comp.room("session").session().client,
        folder=found.folder,
        plate=found.plate,
        number=found.number,
        looked_at=comp.room("settings.recipe").recipe_of_plate(_owner(node)),
    )
    while (opened := opening.step()) is None:
        time.sleep(0.01)
    return opened


def _owner(node: Any) -> Any:
    return comp.room("compositor.style_node.node_owner").node_owner(node)


def _picker(opened: Any, node: Any) -> Any:
    names = comp.room("preview.picked").names_of(_owner(node))
    return comp.room("preview.picker").Picker(comp.room("session").session().client, opened, names)


def _names_refused(found: Any, node: Any) -> str:
    errors, opened = comp.room("contract.errors"), _open(found, node)
    try:
        _picker(opened, node)
    except errors.UsageError as fault:
        return str(fault.problem)
    raise AssertionError("there are such names")


def _picked(found: Any, node: Any, *places: tuple[int, int]) -> list[str | None]:
    """The names at pixels, one after another."""
    picker = _picker(_open(found, node), node)
    names = []
    for place in places:
        picker.point(place)
        picker.step()
        while picker.waits:
            time.sleep(0.01)
            picker.step()
        assert picker.fault is None, picker.fault
        names.append(picker.name)
    return names


CASES = {case.__name__: case for case in (rendered, captured)}
