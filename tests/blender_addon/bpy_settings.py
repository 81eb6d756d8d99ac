"""Inside Blender: settings on strips, recipes, presets. One function a case; the folder is the case's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy
from settings_scene import activate, addon, export, key, new_scene, owner, played, refused, run_cases, sequencer, strip

BAD = ("missing.json", "torn.json", "newer.json", "limit.json", "twice.json", "matte.json")


def run(folder: str) -> dict[str, Any]:
    return run_cases(CASES, folder)


def options(folder: Path) -> dict[str, Any]:
    """Every property of every group, as Blender describes it."""
    new_scene("A")
    strip("A").brushpass.regions.add()
    settings = strip("A").brushpass
    region = settings.regions[0]
    groups = {
        "Region": region,
        "RegionOptimisation": region.optimisation,
        "TemporalOptions": settings.motion,
        "OutputOptions": settings.output,
        "ComputeOptions": settings.compute,
        "PlateOptions": settings.plate,
        "ImagesMatte": region.matte,
        "InstancesMatte": region.matte.objects,
    }
    return {name: {p.identifier: _described(p) for p in group.bl_rna.properties} for name, group in groups.items()}


def _described(definition: Any) -> dict[str, Any]:
    told = {
        "type": definition.type,
        "name": definition.name,
        "help": definition.description,
        "animatable": definition.is_animatable,
    }
    if definition.type in ("FLOAT", "INT"):
        told |= {"default": definition.default, "min": definition.hard_min, "max": definition.hard_max}
    elif definition.type == "ENUM":
        told |= {"default": definition.default, "items": [item.identifier for item in definition.enum_items]}
    elif definition.type in ("BOOLEAN", "STRING"):
        told |= {"default": definition.default}
    return told


def round_trip(folder: Path) -> dict[str, Any]:
    """Import the folder's recipe, export it, save, load, export again; into another folder as well."""
    new_scene("A")
    assert bpy.ops.brushpass.recipe_import(filepath=str(folder / "recipe.json")) == {"FINISHED"}
    first = export("A", folder / "again.json")
    blend = str(folder / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.ops.wm.open_mainfile(filepath=blend)
    loaded = export("A", folder / "loaded.json")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    return {"first": first, "loaded": loaded, "elsewhere": export("A", elsewhere / "recipe.json")}


def defaults(folder: Path) -> dict[str, Any]:
    """The same of a recipe that says no more than it must."""
    return round_trip(folder)


def from_panel(folder: Path) -> dict[str, Any]:
    """Set by hand what the panel offers, and export it."""
    new_scene("A")
    bpy.data.masks.new("Roto")
    for name in ("hair", "roto", "wall", "rest"):
        bpy.ops.brushpass.region_add()
        strip("A").brushpass.regions[-1].name = name
    hair, roto, wall, rest = strip("A").brushpass.regions
    hair.style, hair.strength, hair.matte.kind = "udnie", 0.7, "OBJECT"
    for name in ("Hair*", "", "Suzanne"):
        hair.matte.names.add().name = name
    hair.matte.grow, hair.matte.invert = -3.5, True
    roto.matte.kind, roto.matte.mask = "MASK", bpy.data.masks["Roto"]
    wall.matte.kind, wall.matte.path = "IMAGES", str(folder / "masks" / "wall.####.png")
    rest.matte.kind, rest.enabled = "BACKGROUND", False
    strip("A").brushpass.motion.preroll_auto = False
    strip("A").brushpass.compute.tile_auto = False
    return export("A", folder / "recipe.json")


def refusals(folder: Path) -> dict[str, Any]:
    """Import what is no recipe: what is said, and what is left."""
    new_scene("A")
    bpy.ops.brushpass.region_add()
    region = strip("A").brushpass.regions[0]
    region.name, region.style = "hero", "udnie"
    key("A", 0, "strength", [(1, 0.0), (11, 1.0)])
    before = export("A", folder / "before.json")
    said = [refused(bpy.ops.brushpass.recipe_import, filepath=str(folder / path)) for path in BAD]
    return {"said": said, "before": before, "after": export("A", folder / "after.json")}


def incomplete(folder: Path) -> dict[str, Any]:
    """What an export says of regions with something missing."""
    new_scene("A")
    path = str(folder / "recipe.json")
    said = {"none": refused(bpy.ops.brushpass.recipe_export, filepath=path)}
    bpy.ops.brushpass.region_add()
    region = strip("A").brushpass.regions[0]
    region.name = "hero"
    for kind in ("OBJECT", "IMAGES", "MASK", "STRIP", "CUSTOM"):
        region.matte.kind = kind
        said[kind] = refused(bpy.ops.brushpass.recipe_export, filepath=path)
    assert not Path(path).exists()
    bpy.ops.brushpass.region_add()
    region = strip("A").brushpass.regions[0]
    contract, recipe = addon("contract.recipe"), addon("settings.recipe")
    made = {"plate": contract.PlateOptions(path="p"), "output": "o", "base": folder, "enabled_only": True}
    region.enabled = False
    said["left"] = [entry.name for entry in recipe.to_recipe(owner("A"), **made).regions]
    strip("A").brushpass.regions[1].enabled = False
    try:
        recipe.to_recipe(owner("A"), **made)
    except addon("contract.errors").UsageError as fault:
        said["none enabled"] = fault.sentence()
    return said


def undo(folder: Path) -> list[Any]:
    """Names and strength after each step back and forth."""
    new_scene("A")
    bpy.ops.ed.undo_push(message="start")
    bpy.ops.brushpass.region_add("EXEC_DEFAULT", True)
    bpy.ops.brushpass.region_add("EXEC_DEFAULT", True)
    key("A", 1, "strength", [(1, 0.0), (11, 1.0)])
    bpy.ops.ed.undo_push(message="keys")
    bpy.ops.brushpass.region_forward("EXEC_DEFAULT", True)
    told = [_names_and_strength()]
    for _ in range(3):
        bpy.ops.ed.undo()
        told.append(_names_and_strength())
    for _ in range(3):
        bpy.ops.ed.redo()
        told.append(_names_and_strength())
    return told


def _names_and_strength() -> list[Any]:
    regions = strip("A").brushpass.regions
    return [[region.name, round(played("A", index, "strength", [6])[0], 3)] for index, region in enumerate(regions)]


def strips(folder: Path) -> dict[str, Any]:
    """Duplicate, copy and paste, and copy settings to other strips."""
    scene = new_scene("A", "B", "C")
    for name in ("hero", "rest"):
        bpy.ops.brushpass.region_add()
        strip("A").brushpass.regions[-1].name = name
    key("A", 1, "scale", [(1, 1.0), (11, 3.0)])
    original = export("A", folder / "a.json")
    activate("A")
    with sequencer():
        bpy.ops.sequencer.duplicate()
        duplicate = bpy.context.active_strip.name
        activate("A")
        bpy.ops.sequencer.copy()
        bpy.ops.sequencer.paste()
        pasted = bpy.context.active_strip.name
    activate("B")
    bpy.ops.brushpass.region_add()
    key("B", 0, "strength", [(1, 0.0), (11, 1.0)])
    activate("A", "B", "C")
    assert bpy.ops.brushpass.copy_to_strips() == {"FINISHED"}
    names = [duplicate, pasted, "B", "C"]
    activate("A")
    alone = refused(bpy.ops.brushpass.copy_to_strips)
    paths = {fcurve.data_path for fcurve in addon("settings.channelbags").fcurves(scene)}
    return {
        "original": original,
        "others": {name: export(name, folder / "other.json") for name in names},
        "played": [played(name, 1, "scale", [6]) for name in ("A", *names)],
        "paths": sorted(paths),
        "names": names,
        "alone": alone,
    }


def presets(folder: Path) -> dict[str, Any]:
    """Save, list, apply to another strip, replace, remove."""
    new_scene("A", "B")
    library = addon("settings.presets")
    told: dict[str, Any] = {"none": library.names()}
    told["empty"] = refused(bpy.ops.brushpass.preset_add, name="x")
    bpy.ops.brushpass.region_add()
    strip("A").brushpass.regions[0].style = "udnie"
    key("A", 0, "feather", [(1, 0.0), (11, 20.0)])
    bpy.ops.brushpass.preset_add(name="Hero and Sky")
    bpy.ops.brushpass.preset_add(name="another")
    told["two"] = library.names()
    told["bad"] = [refused(bpy.ops.brushpass.preset_add, name=name) for name in ("", "../x", ".x", "a/b", "x" * 99)]
    activate("B")
    strip("B").brushpass.motion.smoothing = 0.25
    bpy.ops.brushpass.preset_apply(name="Hero and Sky")
    told["a"] = export("A", folder / "a.json")["regions"]
    b = export("B", folder / "b.json")
    told["b"], told["smoothing"] = b["regions"], b["temporal"]["smoothing"]
    told["missing"] = refused(bpy.ops.brushpass.preset_apply, name="no such")
    bpy.ops.brushpass.preset_remove(name="another")
    told["one"] = library.names()
    told["gone"] = refused(bpy.ops.brushpass.preset_remove, name="another")
    damaged = addon("settings.storage").user_folder("presets") / "damaged.json"
    damaged.write_text("{", encoding="utf-8")
    told["damaged"] = refused(bpy.ops.brushpass.preset_apply, name="damaged")
    told["after"] = export("B", folder / "b.json")["regions"]
    return told


def known_styles(folder: Path) -> dict[str, Any]:
    """The catalogue before and after a report, and in a recipe."""
    new_scene("A")
    styles = addon("settings.styles")
    told: dict[str, Any] = {"before": len(styles.catalogue()), "unknown_yet": styles.problem("udnye")}
    rows = [
        {"name": "udnie", "title": "Udnie", "artwork": {"title": "Udnie", "artist": "Francis Picabia, 1913", "new": 1},
         "folder": "/x", "network": "n.safetensors", "sha256": "0", "ready": True},
        {"name": "blank", "title": "A Blank", "ready": False},
    ]  # fmt: skip
    styles.store(rows)
    styles.catalogue.cache_clear()
    told["after"] = [(style.name, style.caption) for style in styles.catalogue()]
    told["problems"] = [styles.problem(name) for name in ("", "udnie", "blank", "udnye", "no.style.json")]
    try:
        styles.store([{"title": "nameless"}])
    except addon("contract.errors").UsageError as fault:
        told["refused"] = fault.sentence()
    told["still"] = len(styles.catalogue())
    bpy.ops.brushpass.region_add()
    strip("A").brushpass.regions[0].style = "udnye"
    told["kept"] = export("A", folder / "recipe.json")["regions"][0]["style"]
    bpy.ops.brushpass.style_choose(style="udnie")
    told["chosen"] = strip("A").brushpass.regions[0].style
    return told


def region_names(folder: Path) -> dict[str, Any]:
    """Names stay unique, whoever sets them; the plate's names go by layer."""
    new_scene("A", "B")
    for _ in range(3):
        bpy.ops.brushpass.region_add()
    activate("B")
    bpy.ops.brushpass.region_add()
    activate("A")
    regions = strip("A").brushpass.regions
    added = [region.name for region in regions]
    regions[1].name = "hero"
    regions[2].name = "hero"
    strip("B").brushpass.regions[0].name = "hero"
    renamed = [region.name for region in regions]
    regions[0].name = " "
    summary = {
        "layers": [
            {"name": "ViewLayer.CryptoObject", "names": [["Suzanne", 9.0], ["ball", 1.0]]},
            {"name": "ViewLayer.CryptoMaterial", "names": [["Gold", 9.0]]},
        ]
    }
    stored = addon("settings.plate_names").store(owner("A"), summary)
    stored = addon("settings.plate_names").store(owner("A"), summary)
    suggested = {}
    strip("A").brushpass.active_region = 0
    entry = regions[0].matte.names.add()
    for kind in ("OBJECT", "MATERIAL", "ASSET"):
        regions[0].matte.kind = kind
        suggested[kind] = addon("settings.groups")._known_names(entry, bpy.context, "")
    return {
        "added": added,
        "renamed": renamed,
        "blank": regions[0].name,
        "other": strip("B").brushpass.regions[0].name,
        "stored": stored,
        "suggested": suggested,
    }


def blend_paths(folder: Path) -> dict[str, Any]:
    """Files below the .blend stay relative to it; json is what another folder's recipe says."""
    blend = folder / "shot" / "shot.blend"
    blend.parent.mkdir()
    new_scene("A")
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    recipe = blend.parent / "recipes" / "r.json"
    recipe.parent.mkdir()
    data = {
        "version": 1,
        "plate": {"path": "p.####.exr"},
        "output": {"path": "o.####.exr"},
        "regions": [
            {"name": "a", "matte": {"images": {"path": "../roto.####.png"}}, "style": "my.style.json"},
            {"name": "b", "matte": {"images": {"path": "../../far.png"}}, "style": None},
        ],
    }
    recipe.write_text(json.dumps(data), encoding="utf-8")
    bpy.ops.brushpass.recipe_import(filepath=str(recipe))
    regions = strip("A").brushpass.regions
    inside = [regions[0].matte.path, regions[0].style, regions[1].matte.path]
    again = export("A", blend.parent / "again.json")
    return {
        "inside": inside,
        "again": [
            again["regions"][0]["matte"]["images"]["path"],
            again["regions"][0]["style"],
            again["regions"][1]["matte"]["images"]["path"],
        ],
    }


CASES = (
    options,
    round_trip,
    defaults,
    from_panel,
    refusals,
    incomplete,
    undo,
    strips,
    presets,
    known_styles,
    region_names,
    blend_paths,
)
