"""Objects and materials that mattes name are renamed, exchanged, deleted, linked, undone and rendered."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import compositor_scene as comp
import settings_scene as scenes


def run(folder: str, python: str) -> Any:
    """What each case told."""
    comp.use_backend(python)
    return scenes.run_cases(CASES, folder)


def stage(*names: str) -> Any:
    """An empty file with objects, each with a material of its own name, and a Style node without regions."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    for name in names:
        make(name)
    if comp.V5:
        scene.compositing_node_group = tree = bpy.data.node_groups.new("Comp", "CompositorNodeTree")
    else:
        scene.use_nodes = True
        tree = scene.node_tree
    node = tree.nodes.new(comp.NODE)
    comp.room("compositor.style_node.wiring").mend()
    settle()
    return node


def make(name: str) -> Any:
    mesh = bpy.data.meshes.new(name)
    mesh.materials.append(bpy.data.materials.new(name))
    made = bpy.data.objects.new(name, mesh)
    bpy.context.collection.objects.link(made)
    return made


def settle() -> None:
    """What Blender does after every event."""
    bpy.context.view_layer.update()


def add(node: Any, kind: str, *names: str) -> Any:
    matte = node.brushpass.regions.add().matte
    matte.kind = kind
    for name in names:
        matte.names.add().name = name
    return matte


def names(matte: Any) -> list[str]:
    return [entry.name for entry in matte.names]


def renamed(source: str, target: str, collection: str = "objects") -> None:
    getattr(bpy.data, collection)[source].name = target
    settle()


def kinds(folder: Path) -> dict[str, Any]:
    """All mattes that hold names, on a node and on a strip."""
    node = stage("Ball", "Wall", "a*b")
    bpy.context.scene.sequence_editor_create()
    if comp.V5:
        bpy.context.workspace.sequencer_scene = bpy.context.scene
    length = {"length": 20} if comp.V5 else {"frame_end": 20}
    strip = bpy.context.scene.sequence_editor.strips.new_effect(
        name="Clip", type="COLOR", channel=1, frame_start=1, **length
    )
    mattes = {
        "objects": add(node, "OBJECT", "Ball", "Ba*", "Ball?", "a\\*b", "Nobody", "<1f2e3d4c>"),
        "assets": add(node, "ASSET", "Wall", "Ball"),
        "materials": add(node, "MATERIAL", "Ball"),
        "layer": add(node, "CRYPTOMATTE", "Ball"),
        "other layer": add(node, "CRYPTOMATTE", "Ball"),
        "strip": add(strip, "OBJECT", "Ball"),
    }
    mattes["layer"].layer, mattes["other layer"].layer = "ViewLayer.CryptoObject", "uCryptoObjekt"
    custom = add(node, "CUSTOM")
    tree = {
        "subtract": [
            {"cryptomatte": {"names": ["Ball", "Ball*"], "rank": 6}},
            {"cryptomatte": {"layer": "V.CryptoMaterial", "names": ["Ball"]}},
            {"images": {"path": "Ball"}},
        ]
    }
    custom.custom = json.dumps(tree)
    settle()
    ball = bpy.data.objects["Ball"]
    users = ball.users
    renamed("Ball", "Kügel")
    renamed("a*b", "c?d")
    told: dict[str, Any] = {"of objects": {what: names(matte) for what, matte in mattes.items()}}
    told["custom"] = json.loads(custom.custom)
    told["users"] = ball.users == users
    renamed("Ball", "Gold", "materials")
    told["of materials"] = [names(mattes["materials"]), names(mattes["objects"])[0], json.loads(custom.custom)]
    return told


def exchanged(folder: Path) -> dict[str, Any]:
    """Names change hands."""
    told: dict[str, Any] = {}
    node = stage("A", "B")
    both, first, second = add(node, "OBJECT", "A", "B"), add(node, "OBJECT", "A"), add(node, "OBJECT", "B")
    one, other = bpy.data.objects["A"], bpy.data.objects["B"]
    one.name, other.name, one.name = "T", "A", "B"
    settle()
    told["swapped"] = [one.name, other.name, names(both), names(first), names(second)]

    node = stage("A", "B")
    first, second = add(node, "OBJECT", "A"), add(node, "OBJECT", "B")
    one = bpy.data.objects["A"]
    one.name = "B"
    settle()
    told["taken"] = [one.name, names(first), names(second)]

    node = stage("A", "B", "C")
    matte, both = add(node, "OBJECT", "A"), add(node, "OBJECT", "A", "B")
    bpy.data.objects.remove(bpy.data.objects["A"])
    settle()
    told["deleted"] = names(matte)
    renamed("B", "A")
    told["heir"] = [names(matte), names(both)]
    renamed("A", "D")
    told["heir's name"] = [names(matte), names(both)]

    node = stage("A")
    matte = add(node, "OBJECT", "Later")
    renamed("A", "Later")
    renamed("Later", "Latest")
    told["typed first"] = names(matte)

    node = stage("A", "B")
    matte = add(node, "OBJECT", "A")
    renamed("A", "Gone")
    make("A")
    settle()
    typed = add(node, "OBJECT", "A")
    settle()
    told["typed anew"] = [names(matte), names(typed)]

    node = stage("A")
    matte = add(node, "OBJECT", "A")
    # Nothing was evaluated since it was typed.
    bpy.data.objects["A"].name = "B"
    settle()
    told["at once"] = names(matte)
    return told


def files(folder: Path) -> dict[str, Any]:
    """Files one after another, copies of scenes, linked and overridden objects."""
    told: dict[str, Any] = {}
    paths = [folder / "one.blend", folder / "two.blend"]
    for path, name in zip(paths, ("A", "B"), strict=True):
        node = stage(name)
        add(node, "OBJECT", "A")
        bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(paths[0]))
    bpy.ops.wm.open_mainfile(filepath=str(paths[1]))
    settle()
    tree = comp.tree_of(bpy.context.scene)
    told["another file's name"] = names(tree.nodes["Style"].brushpass.regions[0].matte)
    bpy.ops.wm.open_mainfile(filepath=str(paths[0]))
    renamed("A", "Z")
    tree = comp.tree_of(bpy.context.scene)
    told["after opening"] = names(tree.nodes["Style"].brushpass.regions[0].matte)
    told["saved"] = bpy.ops.wm.save_mainfile() == {"FINISHED"}
    bpy.ops.wm.open_mainfile(filepath=str(paths[0]))
    told["opened again"] = names(comp.tree_of(bpy.context.scene).nodes["Style"].brushpass.regions[0].matte)

    node = stage("A")
    add(node, "OBJECT", "A")
    settle()
    twin = bpy.context.scene.copy()
    if comp.V5:
        twin.compositing_node_group = twin.compositing_node_group.copy()
    renamed("A", "B")
    told["twins"] = [
        names(comp.tree_of(scene).nodes["Style"].brushpass.regions[0].matte) for scene in (bpy.context.scene, twin)
    ]

    stage("Hero")
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "library.blend"))
    node = stage("Other")
    with bpy.data.libraries.load(str(folder / "library.blend"), link=True) as (_, into):
        into.objects = ["Hero"]
    linked = bpy.data.objects["Hero"]
    matte = add(node, "OBJECT", "Hero")
    settle()
    override = linked.override_create()
    bpy.context.collection.objects.link(override)
    settle()
    told["override"] = [override.name, linked.name, names(matte)]
    override.name = "Held"
    settle()
    told["override's name"] = [override.name, linked.name, names(matte)]
    return told


def undone(folder: Path) -> dict[str, Any]:
    """Undo as a window does it: its step is kept before mattes follow, and as a script may do it: after that."""
    told: dict[str, Any] = {}
    for what, first in (("window", False), ("script", True)):
        node = stage("A")
        tree, name = node.id_data.name, node.name
        add(node, "OBJECT", "A")
        settle()
        bpy.ops.ed.undo_push(message="begin")
        said = []
        for target in ("B", "C", "A", "D"):
            bpy.context.scene.objects[0].name = target
            if first:
                settle()
            bpy.ops.ed.undo_push(message=target)
            settle()
        for step in ("undo", "undo", "undo", "undo", "redo", "redo", "redo", "undo", "redo", "redo"):
            getattr(bpy.ops.ed, step)()
            settle()
            found = comp.tree_of(bpy.context.scene) if tree not in bpy.data.node_groups else bpy.data.node_groups[tree]
            said.append([bpy.context.scene.objects[0].name, *names(found.nodes[name].brushpass.regions[0].matte)])
        told[what] = said
    return told


def deleted_and_undone(folder: Path) -> list[Any]:
    """An object is deleted, another takes its name, and both are undone."""
    node = stage("A", "B")
    tree = node.id_data.name
    add(node, "OBJECT", "A")
    settle()
    bpy.ops.ed.undo_push(message="begin")
    bpy.data.objects.remove(bpy.data.objects["A"])
    bpy.ops.ed.undo_push(message="deleted")
    settle()
    bpy.data.objects["B"].name = "A"
    bpy.ops.ed.undo_push(message="renamed")
    settle()
    said = []
    for step in ("undo", "undo", "redo", "redo"):
        getattr(bpy.ops.ed, step)()
        settle()
        found = bpy.data.node_groups.get(tree) or comp.tree_of(bpy.context.scene)
        said.append([bpy.data.objects.keys(), names(found.nodes["Style"].brushpass.regions[0].matte)])
    return said


def at_random(folder: Path) -> list[str]:
    """Renames, undo and redo in any order: what went wrong, by the identity that each region's object keeps."""
    wrong = []
    for seed in range(12):
        dice = random.Random(seed)
        node = stage(*"ABCD")
        meant = []
        for name in "ABCD":
            add(node, "OBJECT", name)
            meant.append(bpy.data.objects[name].session_uid)
        settle()
        bpy.ops.ed.undo_push(message="begin")
        trail = []
        for _ in range(40):
            step = dice.choice(("rename", "rename", "swap", "undo", "redo"))
            blocks = [block for block in bpy.data.objects if block.type == "MESH"]
            if step == "rename":
                dice.choice(blocks).name = dice.choice("ABCDEFGH")
            elif step == "swap":
                one, other = dice.sample(blocks, 2)
                names_before = one.name, other.name
                one.name, other.name, one.name = "swapping", names_before[0], names_before[1]
            elif getattr(bpy.ops.ed, step).poll():
                try:
                    getattr(bpy.ops.ed, step)()
                except RuntimeError:
                    continue
            if step in ("rename", "swap"):
                bpy.ops.ed.undo_push(message=step)
            settle()
            trail.append(step)
            now = {block.session_uid: block.name for block in bpy.data.objects}
            regions = comp.tree_of(bpy.context.scene).nodes["Style"].brushpass.regions
            found = [names(region.matte) for region in regions]
            wanted = [[now[uid]] for uid in meant]
            if found != wanted:
                wrong.append(f"seed {seed}, {trail}: {found}, not {wanted}")
                break
    return wrong


def rendered(folder: Path) -> dict[str, Any]:
    """The Style node paints an object that was renamed since its region was made."""
    scene = comp.new_scene(folder / "rendered.blend")
    node = comp.add_node(scene)
    comp.region(node, "swirl", "OBJECT", "Kügel")
    before = comp.render(scene, folder / "before", frames=(2,))[0]
    # Nothing but the render itself sees the new name.
    bpy.data.objects["Kügel"].name = "Bäll"
    after = comp.render(scene, folder / "after", frames=(2,))[0]
    node.brushpass.regions.clear()
    comp.region(node, "identity")
    bare = comp.render(scene, folder / "bare", frames=(2,))[0]
    return {"painted": float(np.abs(before - bare).max()), "difference": float(np.abs(before - after).max())}


CASES = (kinds, exchanged, files, undone, deleted_and_undone, at_random, rendered)
