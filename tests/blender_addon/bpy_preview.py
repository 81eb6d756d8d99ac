"""Preview Frame from end to end, inside Blender's Python: cases by name."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_styling as styling
import bpy_timeline as tl

IMAGE = "Brushpass Preview"
FRAME = 4
"""On the timeline: the second picture of the image strip, the fourth frame of the scene."""


def run(case: str, *arguments: str) -> Any:
    """What a case returns."""
    return CASES[case](*arguments)


# ---- tools


def previews() -> Any:
    return tl.room("preview.previews")


def finish() -> None:
    """Wait for what was asked for."""
    tl.room("preview.operators").wait()


def look(view: str) -> None:
    bpy.context.window_manager.brushpass_preview.view = view


def pixels() -> np.ndarray:
    """Of the opaque image datablock as a screen shows it, sRGB, rows from the top."""
    image = bpy.data.images[IMAGE]
    width, height = image.size
    found = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(found)
    linear = found.reshape(height, width, 4)[::-1].astype(np.float64)
    shown = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)
    shown[..., 3] = linear[..., 3]
    return shown.astype(np.float32)


def painted_recipe(folder: Path) -> dict[str, Any]:
    """Write the recipe of the shown result beside a copy of its plate, and say where; and its pixels."""
    now = previews().progress()
    recipe = tl.room("preview.wish").for_frame(now.wish.recipe, now.open_plate.plate, now.wish.plate.number)
    # The plate itself goes with this Blender.
    path = shutil.copytree(now.wish.plate.folder, folder / "asked", dirs_exist_ok=True) / "asked.json"
    path.write_text(json.dumps(recipe), encoding="utf-8")
    look("RESULT")
    np.save(folder / "result.npy", pixels())
    return {"recipe": str(path), "number": now.wish.plate.number, "pixels": str(folder / "result.npy")}


def saved_images(path: Path) -> list[str]:
    """Names of the images in a saved copy of the file."""
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
    with bpy.data.libraries.load(str(path)) as (there, _):
        return [name for name in there.images if name not in ("Render Result", "Viewer Node")]


def scene_strip(folder: Path) -> tuple[Any, Any, Any]:
    """A saved file with a scene strip: a bright sheet on the left, a dark one on the right of its picture."""
    scene = tl.empty(10)
    other = bpy.data.scenes.new("Zwei Tücher")
    for name, place, strength in (("hell", -1.5, 1.0), ("dunkel*", 1.5, 0.1)):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([(-1, 0, -1), (1, 0, -1), (1, 0, 1), (-1, 0, 1)], [], [(0, 1, 2, 3)])
        item = bpy.data.objects.new(name, mesh)
        item.location.x = place
        other.collection.objects.link(item)
        mesh.materials.append(_emitting(name, strength))
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location.y = -8
    camera.rotation_euler.x = np.pi / 2
    other.collection.objects.link(camera)
    other.camera = camera
    other.render.engine = "CYCLES"
    other.cycles.samples = 2
    other.cycles.use_denoising = False
    other.render.resolution_x, other.render.resolution_y = tl.SIZE
    other.view_settings.view_transform = "Standard"
    other.frame_end = 5
    strip = scene.sequence_editor.strips.new_scene("Szene", other, 1, 1)
    styling.activate(scene, strip)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "szene.blend"))
    scene.frame_set(FRAME)
    return scene, strip, other


def _emitting(name: str, strength: float) -> Any:
    material = bpy.data.materials.new(name)
    if not tl.room("compat").BLENDER_5:
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    light, out = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    light.inputs["Strength"].default_value = strength
    tree.links.new(light.outputs[0], out.inputs[0])
    return material


def layer(name: str) -> Any:
    """Names of a Cryptomatte layer."""
    return tl.room("preview.names").Layer(name)


def picked(source: Any, *places: tuple[int, int]) -> list[dict[str, Any]]:
    """What the eyedropper finds at pixels of the open plate, one after another."""
    client = tl.room("session").session().client
    picker = tl.room("preview.picker").Picker(client, previews().progress().open_plate, source)
    told = []
    for place in places:
        picker.point(place)
        picker.step()
        while picker.waits:
            time.sleep(0.01)
            picker.step()
        matte = picker.matte
        told.append(
            {
                "name": picker.name,
                "fault": None if picker.fault is None else picker.fault.sentence(),
                "covers": None
                if matte is None
                else [int(matte[place[1], place[0]]), round(float((matte > 0).mean()), 3)],
            }
        )
    picker.close()
    return told


# ---- cases


def image(folder: str, python: str) -> dict[str, Any]:
    """An image strip: what is shown, what is saved, what is left after its removal."""
    work = Path(folder)
    styling.use_backend(python)
    scene, strip = styling.an_image_strip(work, style="swirl")
    scene.frame_set(FRAME)
    state_of = tl.room("sequencer.scene_state").state_of
    before = state_of(scene, strip), strip.brushpass_result.mark
    told: dict[str, Any] = {"outcome": sorted(bpy.ops.brushpass.preview())}
    told["painted"] = painted_recipe(work)
    source = tl.read(sorted((work / "src").glob("*.png"))[FRAME - 3])[::-1]
    look("PLATE")
    told["plate"] = float(np.abs(pixels() - source).max())
    look("MATTE")
    told["matte"] = [float(pixels().min()), float(pixels().max())]
    datablock = bpy.data.images[IMAGE]
    told["image"] = [datablock.is_float, datablock.use_fake_user, datablock.packed_file is None]
    texture = bpy.data.textures.new("user", "IMAGE")
    texture.image, texture.use_fake_user = datablock, True
    told["saved"] = saved_images(work / "copy.blend")
    told["untouched"] = before == (state_of(scene, strip), strip.brushpass_result.mark)
    bpy.ops.ed.undo_push(message="a")
    scene.frame_end = 33
    bpy.ops.ed.undo_push(message="b")
    bpy.ops.ed.undo()
    told["after undo"] = float(pixels().min())
    # The same again renders and paints nothing.
    job = previews().progress().open_plate.job
    bpy.ops.brushpass.preview()
    told["kept open"] = previews().progress().open_plate.job == job
    bpy.ops.brushpass.preview_clear()
    told["cleared"] = [IMAGE in bpy.data.images, previews().progress().wish is None]
    client = tl.room("session").session().client
    told["closed"] = not client.is_open(job)
    return told


def latest(folder: str, python: str) -> dict[str, Any]:
    """Three wishes at once; a change of the style; a large picture that comes small first."""
    work = Path(folder)
    styling.use_backend(python)
    scene, strip = styling.an_image_strip(work)
    wishes = []
    for frame in (3, 5, FRAME):
        scene.frame_set(frame)
        wishes.append(previews().request(scene, strip))
        time.sleep(0.3 if frame == 3 else 0.0)
    finish()
    source = tl.read(sorted((work / "src").glob("*.png"))[FRAME - 3])[::-1]
    told: dict[str, Any] = {
        "finished": [(wish.plate.folder / "plate.json").is_file() for wish in wishes],
        "children": styling.isolating_children(),
        "frame": previews().progress().wish.frame,
        "identity": float(np.abs(pixels() - source).max()),
    }
    region = strip.brushpass.regions[0]
    for style in ("swirl", "identity", "swirl"):
        region.style = style
        previews().request(scene, strip)
    finish()
    told["restyled"] = float(np.abs(pixels() - source).max())
    same = previews().progress().revision
    previews().request(scene, strip, unless_same=True)
    finish()
    told["unless same"] = previews().progress().revision - same
    told["plates"] = len(list(wishes[0].plate.folder.parent.iterdir()))

    large = tl.pictures(work / "gross", 1, size=(1000, 500))
    scene.render.resolution_x, scene.render.resolution_y = 1000, 500
    wide = tl.image_strip(scene.sequence_editor.strips, "Gross", large, 5, FRAME)
    styling.region(wide)
    styling.activate(scene, wide)
    sizes: list[list[int]] = []
    previews().request(scene, wide)
    while previews().step():
        shown = previews().progress().pictures.result
        size = [] if shown is None else list(shown.shape[:2])
        if size and (not sizes or sizes[-1] != size):
            sizes.append(size)
        time.sleep(0.002)
    told["sizes"] = [*sizes, list(pixels().shape[:2])]
    return told


def shelf(folder: str, python: str) -> dict[str, Any]:
    """A styled strip's plate is taken from its shelf, until the strip is another."""
    work = Path(folder)
    styling.use_backend(python)
    told: dict[str, Any] = {}
    scene, strip = styling.an_image_strip(work)
    bpy.ops.brushpass.style_strip()
    scene.frame_set(FRAME)
    told["image"] = _shelves(scene, strip)
    strip.transform.offset_x += 3
    told["moved"] = _shelves(scene, strip)
    scene, strip, other = scene_strip(work)
    styling.region(strip)
    bpy.ops.brushpass.style_strip()
    told["scene"] = _shelves(scene, strip)
    bpy.ops.brushpass.preview()
    told["previewed"] = [previews().progress().stage.value, previews().progress().wish.plate.spec is None]
    other.objects["hell"].location.x = -1.4
    told["edited"] = _shelves(scene, strip)
    return told


def _shelves(scene: Any, strip: Any) -> list[Any]:
    plate = tl.room("preview.frame_plate").frame_plate(scene, strip)
    return [plate.spec is None, plate.folder.name]


def gives_way(folder: str, python: str) -> list[list[Any]]:
    """Whether a preview is visible, and covers the timeline, as the playhead and a job's frames come and go."""
    work = Path(folder)
    styling.use_backend(python)
    scene, strip = styling.an_image_strip(work)
    told: list[list[Any]] = []

    def look_at(what: str) -> None:
        told.append([what, previews().visible(bpy.context) is not None, previews().shown(bpy.context) is not None])

    scene.frame_set(FRAME)
    bpy.ops.brushpass.preview()
    look_at("ready")
    scene.frame_set(FRAME + 1)
    look_at("playhead left")
    scene.frame_set(FRAME)
    look_at("playhead back")
    bpy.ops.brushpass.style_strip()
    look_at("job painted it")
    strip.brushpass.regions[0].style = "swirl"
    bpy.ops.brushpass.preview()
    look_at("asked again")
    bpy.ops.brushpass.style_strip()
    look_at("painted again")
    return told


def scene(folder: str, python: str) -> dict[str, Any]:
    """A rendered scene: names, mattes, picking, and where its pixels lie in the sequencer's preview."""
    work = Path(folder)
    styling.use_backend(python)
    timeline, strip, _ = scene_strip(work)
    owner = tl.room("sequencer.strip_owner").strip_owner(strip)
    picked_room = tl.room("preview.picked")
    width, height = tl.SIZE
    left, right, corner = (width // 4, height // 2), (3 * width // 4, height // 2), (0, 0)
    previews().request(timeline, strip, painted=False)
    finish()
    told: dict[str, Any] = {"stage": previews().progress().stage.value}
    told["names"] = sorted((entry.name, entry.layer) for entry in strip.brushpass.plate_names)
    told["picked"] = picked(picked_room.names_of(owner), left, right, corner)
    told["added"] = [picked_room.add_name(owner, entry["name"]) for entry in (told["picked"][0], told["picked"][0])]
    region = strip.brushpass.regions[0]
    told["region"] = [region.name, region.matte.kind, [entry.name for entry in region.matte.names]]
    picked_room.add_name(owner, "dunkel*")
    told["escaped"] = [entry.name for entry in region.matte.names]
    region.matte.names.remove(1)
    region.style, region.scale = "swirl", 10.0
    strip.brushpass.motion.smoothing = 0.0
    told["outcome"] = sorted(bpy.ops.brushpass.preview())
    told["painted"] = painted_recipe(work)
    result = pixels()
    look("PLATE")
    changed = np.abs(pixels() - result).max(axis=2)
    told["changed"] = [float(changed[place[1], place[0]]) for place in (left, right)]
    look("MATTE")
    matte = pixels()
    told["matte"] = [float(matte[place[1], place[0], 0]) for place in (left, right)]
    told["no layer"] = _fault(lambda: picked(layer("CryptoMaterial"), left))
    region.matte.kind = "MATERIAL"
    previews().request(timeline, strip, painted=False)
    finish()
    told["material"] = picked(picked_room.names_of(owner), left)
    told["placed"] = _placed(timeline, strip, work)
    return told


def _placed(timeline: Any, strip: Any, work: Path) -> list[bool]:
    """Whether the bright sheet's pixels, and no others, lie where the rendered timeline is bright."""
    strip.transform.offset_x, strip.transform.offset_y = 9, -4
    strip.transform.scale_x, strip.transform.scale_y = 0.5, 0.8
    strip.transform.rotation = 0.5
    strip.transform.origin = (0.3, 0.6)
    strip.use_flip_x = True
    plate = previews().progress().open_plate.plate
    placement = tl.room("preview.strip_placement").strip_placement(timeline, strip, plate)
    width, height = tl.SIZE
    (picture,) = tl.timeline(timeline, range(FRAME, FRAME + 1), work / "placed")
    bright = picture[::-1, :, 0] > 0.7
    sheet = previews().progress().pictures.plate[..., 0] > 0.7
    agree = []
    for row in range(height):
        for column in range(width):
            at = placement.pixel(column + 0.5 - width / 2, height / 2 - row - 0.5)
            agree.append(bright[row, column] == (at is not None and sheet[at[1], at[0]]))
    return [float(np.mean(agree)) > 0.97, bool(bright.any()), bool(np.mean(bright) < 0.3)]


def _fault(act: Any) -> str:
    try:
        act()
    except Exception as error:
        return error.sentence()
    raise AssertionError("it was not refused")


def refusals(folder: str, python: str) -> dict[str, str]:
    """What is said where nothing can be previewed or picked."""
    work = Path(folder)
    preview = bpy.ops.brushpass.preview
    scene, strip = styling.an_image_strip(work)
    chosen = tl.room("preferences").preferences()
    chosen.source, chosen.environment_path = "own", str(work / "nowhere")
    scene.frame_set(FRAME)
    told = {"no backend": styling.refused(preview)}
    styling.use_backend(python)
    scene.frame_set(15)
    told["outside"] = styling.refused(preview)
    scene.frame_set(FRAME)
    strip.brushpass.regions[0].style = "no such style"
    told["no style"] = styling.refused(preview)
    strip.brushpass.regions[0].style = "identity"
    previews().request(scene, strip, painted=False)
    finish()
    told["movie"] = _fault(lambda: picked(layer("CryptoObject"), (3, 3)))
    (work / "src" / "bild 0001.png").unlink()
    told["missing"] = styling.refused(preview)
    scene.sequence_editor.active_strip = None
    told["none"] = styling.refused(preview)
    return told


CASES = {case.__name__: case for case in (image, latest, shelf, gives_way, scene, refusals)}
