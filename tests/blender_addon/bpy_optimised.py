"""Inside Blender: regions that are painted by optimisation, set by hand and by recipes. One function a case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy
from settings_scene import activate, addon, export, new_scene, owner, refused, run_cases, strip


def run(folder: str) -> dict[str, Any]:
    return run_cases(CASES, folder)


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def remembered(path: str) -> None:
    """The loss network that Train a Style has."""
    addon("preferences").preferences().training.loss_network = path


def optimised(name: str = "A") -> Any:
    """A new region of a strip, painted by optimisation."""
    bpy.ops.brushpass.region_add()
    region = strip(name).brushpass.regions[-1]
    region.painted_by = "OPTIMISATION"
    return region


def painting(region: Any, path: Path | str, weight: float = 1.0) -> None:
    entry = region.optimisation.paintings.add()
    entry.path, entry.weight = str(path), weight


def round_trip(folder: Path) -> dict[str, Any]:
    """Import the folder's recipe, export it here and elsewhere, save, load, export again."""
    new_scene("A")
    blend = str(folder / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    bpy.ops.brushpass.recipe_import(filepath=str(folder / "recipe.json"))
    told: dict[str, Any] = {"first": export("A", folder / "again.json")}
    region = strip("A").brushpass.regions[0]
    group = region.optimisation
    told["shown"] = {
        "painted by": region.painted_by,
        "paintings": [[entry.path, round(entry.weight, 3)] for entry in group.paintings],
        "loss network": group.loss_network,
        "numbers": [group.size, group.steps, round(group.colour, 3), group.start, group.luminance_only],
    }
    told["unshown"] = sorted(addon("settings.optimised").unshown(region))
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.ops.wm.open_mainfile(filepath=blend)
    told["loaded"] = export("A", folder / "loaded.json")
    (folder / "elsewhere").mkdir()
    told["elsewhere"] = export("A", folder / "elsewhere" / "recipe.json")
    strip("A").brushpass.regions[0].painted_by = "STYLE"
    told["by style"] = export("A", folder / "style.json")["regions"][0]
    return told


def from_panel(folder: Path) -> dict[str, Any]:
    """Set by hand what the panel offers: the recipe, its copy on another strip, and a preset of it."""
    new_scene("A", "B")
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "hand.blend"))
    remembered(str(touch(folder.parent / "vgg" / "vgg19.pth")))
    region = optimised()
    for name in ("wave.jpg", "night.png"):
        touch(folder / "paintings" / name)
    files = [{"name": "wave.jpg"}, {"name": "night.png"}]
    bpy.ops.brushpass.painting_add(directory=str(folder / "paintings"), files=files)
    told: dict[str, Any] = {"paths": [entry.path for entry in region.optimisation.paintings]}
    told["first"] = export("A", folder / "first.json")["regions"][0]["optimisation"]
    group = region.optimisation
    group.paintings[0].weight, group.steps, group.start, group.match_colour = 3.0, 40, "noise", True
    told["changed"] = export("A", folder / "changed.json")["regions"][0]["optimisation"]
    bpy.ops.brushpass.preset_add(name="optimised")
    activate("A", "B")
    bpy.ops.brushpass.copy_to_strips()
    told["copied"] = export("B", folder / "copied.json")["regions"][0]["optimisation"]
    bpy.ops.brushpass.region_add()
    bpy.ops.brushpass.preset_apply(name="optimised")
    told["preset"] = export("B", folder / "preset.json")["regions"][0]["optimisation"]
    activate("A")
    network = strip("A").brushpass.regions[0].optimisation
    told["pinned"] = []
    for _ in range(2):
        bpy.ops.brushpass.loss_network_pin()
        told["pinned"].append(network.loss_network)
    bpy.ops.brushpass.painting_remove(index=0)
    told["one left"] = [entry.path for entry in strip("A").brushpass.regions[0].optimisation.paintings]
    return told


def undo(folder: Path) -> list[list[str]]:
    """The paintings after one was added, undone and redone."""
    new_scene("A")
    optimised()
    touch(folder / "wave.jpg")
    bpy.ops.ed.undo_push(message="optimised")
    bpy.ops.brushpass.painting_add("EXEC_DEFAULT", True, directory=str(folder), files=[{"name": "wave.jpg"}])

    def now() -> list[str]:
        region = strip("A").brushpass.regions[0]
        return [region.painted_by, *(Path(entry.path).name for entry in region.optimisation.paintings)]

    told = [now()]
    for step in (bpy.ops.ed.undo, bpy.ops.ed.redo):
        step()
        told.append(now())
    return told


def faults(folder: Path) -> dict[str, Any]:
    """What is said of a region before anything starts, as one thing after the other is put right."""
    new_scene("A")
    remembered("")
    region = optimised()
    region.name = "sky"
    told: dict[str, Any] = {"pin": refused(bpy.ops.brushpass.loss_network_pin)}
    told["none"] = refused(bpy.ops.brushpass.painting_add, directory=str(folder), files=[])
    touch(folder / "notes.txt")
    told["text"] = refused(bpy.ops.brushpass.painting_add, directory=str(folder), files=[{"name": "notes.txt"}])

    def said() -> str:
        try:
            addon("settings.painting").check_paintings(strip("A").brushpass)
        except addon("contract.errors").NstError as fault:
            return fault.sentence()
        return ""

    told["no painting"] = said()
    told["export"] = refused(bpy.ops.brushpass.recipe_export, filepath=str(folder / "recipe.json"))
    painting(region, folder / "wave.jpg")
    told["no network"] = said()
    region.optimisation.loss_network = str(folder / "vgg.pth")
    told["painting gone"] = said()
    touch(folder / "wave.jpg")
    told["network gone"] = said()
    touch(folder / "vgg.pth")
    told["nothing"] = said()
    region.optimisation.paintings[0].weight = 0.0
    told["no weight"] = said()
    region.optimisation.paintings[0].weight = 1.0
    region.optimisation.start = "feed_forward"
    told["no style"] = said()
    region.optimisation.start = "auto"
    strip("A").brushpass.motion.mode = "window"
    told["window"] = said()
    strip("A").brushpass.motion.flow = "none"
    told["still window"] = said()
    region.enabled = False
    told["off"] = said()
    return told


def idle_style(folder: Path) -> list[str | None]:
    """The style in recipes of jobs, and in one that is exported, while the optimisation does without it."""
    new_scene("A")
    region = optimised()
    region.style = "swirl"
    painting(region, touch(folder / "wave.jpg"))
    region.optimisation.loss_network = str(touch(folder / "vgg.pth"))
    contract, recipe = addon("contract.recipe"), addon("settings.recipe")
    made = {"plate": contract.PlateOptions(path="p"), "output": "o", "base": folder, "enabled_only": True}
    told = [recipe.to_recipe(owner("A"), **made).regions[0].style]
    region.optimisation.start = "feed_forward"
    told.append(recipe.to_recipe(owner("A"), **made).regions[0].style)
    region.optimisation.start = "auto"
    return [*told, export("A", folder / "recipe.json")["regions"][0]["style"]]


def earlier_file(folder: Path) -> dict[str, Any]:
    """A file as versions without these properties saved it: its recipe at once, and after it is opened."""
    new_scene("A")
    bpy.ops.brushpass.region_add()
    kept = {"paintings": [str(folder / "wave.jpg")], "loss_network": str(folder / "vgg.pth"), "steps": 50, "seed": 7}
    region = strip("A").brushpass.regions[0]
    region.extra = json.dumps({"optimisation": kept, "brush": 3})
    told: dict[str, Any] = {"before": export("A", folder / "before.json")["regions"][0]}
    blend = str(folder / "earlier.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.ops.wm.open_mainfile(filepath=blend)
    region = strip("A").brushpass.regions[0]
    told["shown"] = [region.painted_by, region.optimisation.steps, len(region.optimisation.paintings)]
    told["left"] = json.loads(region.extra)
    told["after"] = export("A", folder / "after.json")["regions"][0]
    damaged = {"optimisation": {**kept, "steps": "many"}}
    bpy.ops.brushpass.region_add()
    other = strip("A").brushpass.regions[1]
    other.extra = json.dumps(damaged)
    addon("settings.optimised").adopt(other)
    told["damaged kept"] = json.loads(other.extra) == damaged
    return told


CASES = (round_trip, from_panel, undo, faults, idle_style, earlier_file)
