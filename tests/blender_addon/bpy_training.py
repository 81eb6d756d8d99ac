"""Train Style from Image, inside Blender's Python. One function a case; the folder is its own."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_styling as styling
import bpy_timeline as tl
from settings_scene import run_cases

_given: list[str] = []


def run(folder: str, python: str, photographs: str, loss_network: str) -> dict[str, Any]:
    """All cases in one Blender."""
    _given.extend((python, photographs, loss_network))
    return run_cases((refused, bad_picture, learnt, taken, cancelled, image_of_the_file), folder)


# ---- tools


def room(name: str) -> Any:
    return tl.room(f"training.{name}")


def form(steps: int = 2) -> Any:
    """The form as an artist fills it in, but for the pictures."""
    styling.use_backend(_given[0])
    said = room("asking").form()
    said.pictures.clear()
    said.photographs, said.loss_network = _given[1:]
    said.quality, said.steps, said.joins = "STEPS", steps, "swirl"
    said.artist, said.licence = "Hokusai, 1831", "public domain"
    return said


def add(folder: Path, *names: str) -> None:
    """Pictures through the file browser's operator."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        tl.pictures(folder / "made", 1, size=(96, 72))[0].replace(folder / name)
    files = [{"name": name} for name in names]
    assert bpy.ops.brushpass.train_pictures(directory=str(folder), files=files) == {"FINISHED"}


def ask_styles() -> None:
    session = tl.room("session").session()
    session.ask_styles()
    while session.tick():
        time.sleep(0.02)


def known() -> dict[str, Any]:
    return {entry.name: entry for entry in tl.room("settings.styles").catalogue()}


def user_styles() -> list[str]:
    folder = room("order").style_folder()
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def meanwhile(what: Callable[[Any], bool]) -> None:
    """Beside an operator that blocks, call ``what`` with the running training until it says that it acted."""

    def act() -> None:
        now = room("watch").now
        while not (now.running and what(now.training)):
            time.sleep(0.01)

    threading.Thread(target=act, daemon=True).start()


# ---- cases


def refused(folder: Path) -> dict[str, Any]:
    """Whatever is missing is said before anything starts."""
    operator = bpy.ops.brushpass.train_style
    said = form()
    tl.room("preferences").preferences().environment_path = str(folder / "no-such-python")
    told = {"no backend": styling.refused(operator)}
    form()
    told["no styles known"] = _with(said, folder, joins="")
    ask_styles()
    said.pictures.clear()
    told["no picture"] = styling.refused(operator)
    told["no photographs"] = _with(said, folder, photographs="")
    (folder / "empty").mkdir()
    told["empty photographs"] = _with(said, folder, photographs=str(folder / "empty"))
    told["no folder"] = _with(said, folder, photographs=str(folder / "gone"))
    told["relative"] = _with(said, folder, photographs="//photos")
    told["no loss network"] = _with(said, folder, loss_network=str(folder / "vgg.pth"))
    told["unknown style"] = _with(said, folder, joins="swril")
    add(folder / "pictures", "hafen.png")
    said.pictures[0].name = "identity"
    told["taken"] = styling.refused(operator)
    told["shown"] = room("asking").picture_problem(said.pictures[0])
    said.pictures[0].name = "Der Hafen"
    told["no name"] = styling.refused(operator)
    said.pictures[0].name = "hafen"
    (folder / "pictures" / "hafen.png").unlink()
    told["gone"] = styling.refused(operator)
    (folder / "text.txt").write_text("text")
    told["no picture file"] = styling.refused(
        bpy.ops.brushpass.train_pictures, directory=str(folder), files=[{"name": "text.txt"}]
    )
    told["not started"] = room("watch").now.refused.sentence()
    told["left"] = [room("order").unfinished(), user_styles()]
    return told


def _with(said: Any, folder: Path, **values: str) -> str:
    """What is said of a form that is as it should be but for ``values``."""
    form()
    add(folder / "with", "hafen.png")
    for name, value in values.items():
        setattr(said, name, value)
    return styling.refused(bpy.ops.brushpass.train_style)


def bad_picture(folder: Path) -> dict[str, Any]:
    """A file that is none, and the form that waits to be corrected."""
    said = form()
    add(folder, "hafen.png")
    (folder / "hafen.png").write_bytes(b"no picture at all")
    told = {"said": styling.refused(bpy.ops.brushpass.train_style)}
    training = room("watch").now.training
    told["state"] = training.progress.state.name
    told["form"] = [entry.name for entry in said.pictures]
    told["left"] = [len(room("order").unfinished()), user_styles()]
    assert bpy.ops.brushpass.train_dismiss() == {"FINISHED"}
    told["dismissed"] = room("watch").now.training is None
    return told


def learnt(folder: Path) -> dict[str, Any]:
    """Two pictures learnt together: progress, the styles in the list with their thumbnails, nothing else left."""
    said = form(steps=2)
    add(folder, "Hafen bei Nacht.png", "Über den Wolken.png")
    told: dict[str, Any] = {"named": [[entry.name, entry.title] for entry in said.pictures]}
    before = set(known())
    seen: list[list[Any]] = []

    def watch(training: Any) -> bool:
        progress = training.progress
        seen.append([progress.text().partition(",")[0], progress.part])
        return bool(progress.done >= 4)

    meanwhile(watch)
    assert bpy.ops.brushpass.train_style() == {"FINISHED"}
    told["seen"] = [seen[0], seen[-1]]
    told["state"] = room("watch").now.training.progress.state.name
    new = {name: entry for name, entry in known().items() if name not in before}
    told["new"] = {
        name: [entry.title, entry.artwork.artist, entry.artwork.licence, Path(entry.thumbnail or "").is_file()]
        for name, entry in new.items()
    }
    told["files"] = user_styles()
    told["left"] = [len(said.pictures), len(room("order").unfinished())]
    told["kept"] = [said.photographs == _given[1], said.artist]
    blend = folder / "film.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=False)
    told["in the file"] = _given[1].encode() in blend.read_bytes()
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    told["after opening"] = room("watch").now.running
    return told


def taken(folder: Path) -> dict[str, Any]:
    """The same picture again gets a name that is free; its own name is refused, and no file changes."""
    said = form()
    styles = room("order").style_folder()
    before = {path.name: path.read_bytes() for path in styles.iterdir()}
    add(folder, "Hafen bei Nacht.png")
    told = {"named": said.pictures[0].name}
    said.pictures[0].name = "hafen_bei_nacht"
    told["said"] = styling.refused(bpy.ops.brushpass.train_style)
    # Another Blender may have learnt it since the backend was asked.
    tl.room("settings.styles").store([])
    said.joins = ""
    told["unknown to the list"] = styling.refused(bpy.ops.brushpass.train_style)
    ask_styles()
    told["same"] = before == {path.name: path.read_bytes() for path in styles.iterdir()}
    return told


def cancelled(folder: Path) -> dict[str, Any]:
    """Cancelled after its first step: kept, told of, gone on with; another is discarded."""
    said = form(steps=6)
    add(folder, "Meer.png")

    def cancel(training: Any) -> bool:
        if training.progress.done >= 1:
            bpy.ops.brushpass.train_cancel()
            return True
        return False

    meanwhile(cancel)
    assert bpy.ops.brushpass.train_style() == {"FINISHED"}
    watch = room("watch")
    training = watch.now.training
    told: dict[str, Any] = {"state": training.progress.state.name, "words": training.ended_in_words()}
    ((kept, order),) = watch.others()
    told["kept"] = [kept.name, order.outcome, 1 <= order.done < 6, order.steps]
    told["form"] = len(said.pictures)
    shutil.copytree(kept, kept.with_name("other"))
    watch.look_again()
    told["others"] = [folder.name for folder, _ in watch.others()]
    assert bpy.ops.brushpass.train_discard(name="other") == {"FINISHED"}
    told["discarded"] = [folder.name for folder, _ in watch.others()]
    add(folder, "Meer.png")
    told["named"] = said.pictures[0].name
    seen: list[int] = []

    def count(training: Any) -> bool:
        seen.append(training.progress.done)
        return bool(training.progress.done >= 6)

    meanwhile(count)
    assert bpy.ops.brushpass.train_resume(name=kept.name) == {"FINISHED"}
    told["resumed"] = [watch.now.training.progress.state.name, min(filter(None, seen)) > order.done]
    told["learnt"] = "meer" in known()
    told["refused"] = styling.refused(bpy.ops.brushpass.train_resume, name="meer")
    return told


def image_of_the_file(folder: Path) -> dict[str, Any]:
    """An image that no file holds is written out as it is seen."""
    said = form()
    rng = np.random.default_rng(1)
    pixels = np.ones((24, 32, 4), np.float32)
    pixels[..., :3] = np.round(rng.random((24, 32, 3)) * 255) / 255
    image = bpy.data.images.new("Skizze 7.png", 32, 24)
    image.pixels.foreach_set(pixels.ravel())
    scenes = len(bpy.data.scenes)
    assert bpy.ops.brushpass.train_image(image=image.name) == {"FINISHED"}
    path = Path(said.pictures[0].path)
    return {
        "named": [said.pictures[0].name, said.pictures[0].title, path.suffix],
        "difference": float(np.abs(tl.read(path)[..., :3] - pixels[..., :3]).max()),
        "scenes": len(bpy.data.scenes) - scenes,
        "in the cache": path.is_relative_to(tl.room("preferences").cache().folder),
    }
