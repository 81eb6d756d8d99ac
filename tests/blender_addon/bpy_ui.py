"""Inside Blender: panels, operators and what they say. One function a case."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import bpy
from settings_scene import activate, addon, new_scene, owner, refused, run_cases, strip

OPERATORS = (
    "region_add",
    "region_remove",
    "region_duplicate",
    "region_forward",
    "region_backward",
    "key_toggle",
    "key_jump",
    "key_clear",
    "matte_name_add",
    "matte_name_remove",
    "find_objects",
    "objects_dismiss",
    "object_toggle",
    "objects_clear",
    "object_class_toggle",
    "style_choose",
    "copy_to_strips",
    "preset_apply",
    "preset_add",
    "preset_remove",
    "recipe_import",
    "recipe_export",
)


def run(folder: str) -> dict[str, Any]:
    return run_cases(
        (panels, sections, operators, polls, owners, results, versions, chooser, key_buttons, backend), folder
    )


def _panels() -> dict[str, Any]:
    found = [cls for cls in bpy.types.Panel.__subclasses__() if cls.__name__.startswith("SEQUENCER_PT_brushpass")]
    registered = [cls for cls in found if cls.is_registered]
    shown = sorted(registered, key=lambda cls: getattr(cls, "bl_order", 0))
    return {
        cls.bl_label: [cls.bl_space_type, cls.bl_region_type, cls.bl_category, getattr(cls, "bl_parent_id", "")]
        for cls in shown
    }


def panels(folder: Path) -> dict[str, Any]:
    """The panels of the sequencer, in their order, and which are shown for what is selected."""
    new_scene("A")
    told: dict[str, Any] = {"all": _panels(), "shown": {}}

    def look(name: str) -> None:
        shown = [cls.bl_label for cls in bpy.types.Panel.__subclasses__() if _is_shown(cls)]
        told["shown"][name] = sorted(shown)

    look("no region")
    bpy.ops.brushpass.region_add()
    look("a region")
    bpy.context.scene.sequence_editor.active_strip = None
    look("no strip")
    return told


def _is_shown(cls: Any) -> bool:
    ours = cls.__name__.startswith("SEQUENCER_PT_brushpass_") and cls.is_registered
    return ours and cls.poll(bpy.context)


def sections(folder: Path) -> list[list[str]]:
    """A section comes and goes while the panel is there, in another place as well."""
    ui = addon("ui.sections")
    before = sorted(_panels())
    section = ui.Section(name="extra", label="Extra", order=5, draw=lambda layout, owner, context: None, header=False)
    place = ui.Place(name="NODE", space="NODE_EDITOR", nothing="Select a node")
    ui.add(section)
    ui.add_place(place)
    first = list(_panels())
    nodes = sorted(name for name in dir(bpy.types) if name.startswith("NODE_PT_brushpass"))
    ui.remove(section)
    ui.remove_place(place)
    left = sorted(name for name in dir(bpy.types) if name.startswith("NODE_PT_brushpass"))
    return [before, first, nodes, left, sorted(_panels())]


def operators(folder: Path) -> dict[str, Any]:
    """Tooltip and options of each operator."""
    told = {}
    for name in OPERATORS:
        cls = getattr(bpy.types, f"BRUSHPASS_OT_{name}")
        properties = getattr(bpy.ops.brushpass, name).get_rna_type()
        text = cls.description(bpy.context, _FirstChoice(properties)) if hasattr(cls, "description") else ""
        told[name] = {"help": text or properties.description, "options": sorted(cls.bl_options)}
    return told


class _FirstChoice:
    """An operator's properties as they are before anything is set."""

    def __init__(self, properties: Any) -> None:
        self._properties = properties

    def __getattr__(self, name: str) -> Any:
        return self._properties.properties[name].default


def polls(folder: Path) -> dict[str, Any]:
    """What the operators say where they cannot."""
    scene = new_scene("A", "B")
    operators = bpy.ops.brushpass
    told = {"no region": refused(operators.region_remove)}
    operators.region_add()
    told["first"] = refused(operators.region_forward)
    told["last"] = refused(operators.region_backward)
    told["alone"] = refused(operators.copy_to_strips)
    scene.sequence_editor.active_strip = None
    told["no strip"] = refused(operators.region_add)
    sound = scene.sequence_editor.strips.new_sound(name="S", filepath="//none.wav", channel=3, frame_start=1)
    scene.sequence_editor.active_strip = sound
    told["sound"] = refused(operators.region_add)
    return told


def owners(folder: Path) -> dict[str, Any]:
    """A region finds its strip again, in metas too; editors of other kinds have none."""
    new_scene("A", "B")
    for name in ("A", "B"):
        activate(name)
        bpy.ops.brushpass.region_add()
        bpy.ops.brushpass.region_add()
    found, index = addon("settings.owner").owner_of(strip("B").brushpass.regions[1])
    told: dict[str, Any] = {"found": [found.label, index, found == owner("B")]}
    window = bpy.context.window
    area = window.screen.areas[0]
    active = addon("settings.owner").active_owner
    for kind in ("SEQUENCE_EDITOR", "NODE_EDITOR"):
        area.type = kind
        with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
            there = active(bpy.context)
            told[kind] = there.label if there is not None else None
    return told


def results(folder: Path) -> dict[str, Any]:
    """With a result active, its original's settings are shown, said to be, and changed."""
    new_scene("Shot", "Shot styled", "Other")
    mark = addon("sequencer.record").mark(strip("Shot"))
    strip("Shot styled").brushpass_result.of = mark
    active, whose = addon("settings.owner").active_owner, addon("ui.sections").whose_settings
    told: dict[str, Any] = {}
    for name in ("Shot", "Shot styled", "Other"):
        activate(name)
        shown = active(bpy.context)
        told[name] = [shown.label, whose(shown)]
        bpy.ops.brushpass.region_add()
    told["regions"] = [len(strip(name).brushpass.regions) for name in ("Shot", "Shot styled", "Other")]
    activate("Shot styled", "Shot", "Other")
    bpy.ops.brushpass.copy_to_strips()
    told["copied"] = [len(strip(name).brushpass.regions) for name in ("Shot", "Shot styled", "Other")]
    bpy.context.scene.sequence_editor.strips.remove(strip("Shot"))
    told["original gone"] = active(bpy.context) is None
    return told


def versions(folder: Path) -> dict[str, Any]:
    """Whether a result has its section, and what that lists: numbers at once, sizes when they are counted."""
    new_scene("Shot", "Shot styled", "Other")
    strip("Shot styled").brushpass_result.of = addon("sequencer.record").mark(strip("Shot"))
    told: dict[str, Any] = {}
    for name in ("Shot", "Shot styled", "Other"):
        activate(name)
        told[name] = any(cls.bl_label == "Result" and _is_shown(cls) for cls in bpy.types.Panel.__subclasses__())
    for number, size in ((1, 1000), (3, 20)):
        version = folder / "shelf" / f"v{number:03d}"
        version.mkdir(parents=True)
        (version / "styled.1001.png").write_bytes(bytes(size))
    found = addon("ui.result_section").listing(folder / "shelf", "v###")
    told["numbers"] = found.numbers
    found.counting.join()
    told["sizes"] = {str(number): size for number, size in found.sizes.items()}
    told["kept"] = addon("ui.result_section").listing(folder / "shelf", "v###") is found
    return told


def chooser(folder: Path) -> dict[str, str]:
    """What a region's style is called: before a choice, after one against a style, for one that is not known."""
    new_scene("A")
    words = addon("ui.style_chooser").style_words
    bpy.ops.brushpass.region_add()
    region = strip("A").brushpass.regions[0]
    told = {"new": words(region)}
    bpy.ops.brushpass.style_choose(style="")
    told["against"] = words(region)
    addon("settings.styles").store([{"name": "udnie", "title": "Udnie (Young American Girl, The Dance)"}])
    bpy.ops.brushpass.style_choose(style="udnie")
    told["known"] = words(region)
    region.style = "no such style"
    told["unknown"] = words(region)
    return told


def key_buttons(folder: Path) -> list[str]:
    """The tooltip of a number's keyframe button: without keys, on a key, between keys."""
    scene = new_scene("A")
    bpy.ops.brushpass.region_add()
    cls = bpy.types.BRUSHPASS_OT_key_toggle
    properties = _FirstChoice(bpy.ops.brushpass.key_toggle.get_rna_type())

    def told() -> str:
        return cls.description(bpy.context, properties)

    found = [told()]
    bpy.ops.brushpass.key_toggle(option=properties.option)
    found.append(told())
    scene.frame_set(20)
    found.append(told())
    return found


def backend(folder: Path) -> dict[str, Any]:
    """What the chooser says of a backend that is not there, gone, not asked yet, failing, and of one that answered."""
    help_of, now = addon("ui.backend_help").backend_help, addon("session").session()
    chosen = addon("preferences").preferences()
    bpy.context.preferences.system.use_online_access = False
    told: dict[str, Any] = {}

    def look(name: str) -> None:
        found = help_of()
        told[name] = found and [found.sentence, found.install, found.ask, found.preferences]

    styles = Path(addon("settings.storage").user_folder("")) / "styles.json"
    styles.unlink(missing_ok=True)
    addon("settings.styles").catalogue.cache_clear()
    look("offline")
    chosen.wheels_path = str(folder)
    look("wheels")
    chosen.source, chosen.environment_path = "own", str(folder / "nowhere")
    look("gone")
    program = folder / "python"
    program.write_text("#!/bin/sh\necho out of order >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    chosen.environment_path = str(program)
    look("not asked")
    bpy.ops.brushpass.check_backend()
    look("asking")
    while now.tick():
        time.sleep(0.02)
    look("failed")
    now.take()
    now.fault = None
    addon("settings.styles").store([{"name": "udnie"}])
    look("answered")
    return told
