"""Subcommands by their handler, inside Blender's Python, which has no command line: cases by name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_timeline as tl
import compositor_scene as comp
from bpy_styling import an_image_strip, region, result_of


def run(case: str, folder: str, python: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    return CASES[case](Path(folder))


# ---- cases


def rendered(work: Path) -> dict[str, Any]:
    """Frames by ``render`` beside those of an animation; what is told of them."""
    scene, _ = a_shot(work)
    whole = comp.render(scene, work / "whole", animation=True)
    _forget_frames()
    told: dict[str, Any] = {"first": _command(work, "render", "--frames", "1-2", "--progress", "json", *_to(work, "a"))}
    told["rest"] = _command(work, "render", "--frames", "3", "--progress", "openjd", *_to(work, "a"))
    told["as the animation"] = [_difference(work / f"a.{number:04d}.exr", whole[number - 1]) for number in (1, 2, 3)]
    _forget_frames()
    told["alone"] = _command(work, "render", "--frames", "3", *_to(work, "b"))
    _forget_frames()
    told["rolled"] = _command(work, "render", "--frames", "3", "--preroll", "9", "--progress", "json", *_to(work, "c"))
    told["third"] = [_difference(work / f"{name}.0003.exr", whole[2]) for name in "bc"]
    told["skipped"] = _command(
        work, "render", "--frames", "2-3", "--skip-existing", "--progress", "json", "--device", "cpu", *_to(work, "c")
    )
    told["files"] = sorted(path.name for path in work.glob("[abc].*.exr"))
    return told


def usage(work: Path) -> dict[str, Any]:
    """Command lines that cannot be obeyed, by their words."""
    told: dict[str, Any] = {"check": _command(work, "check")}
    a_shot(work)
    for words in (
        "",
        "rendr",
        "render --frame 1",
        "render --frames 3-1",
        "render --frames one",
        "render --scene Sceen",
        "render --preroll -1",
        "render --device warp --frames 1",
        "render --overwrite --skip-existing",
        "recipe --node Stile",
        "recipe --strip Any",
        "sequence",
        "sequence --resume --redo-changed",
        "bake --resume --device cpu",
        "check --scene Nowhere",
    ):
        told[words] = _command(work, *words.split())
    for words in ("--help", "render --help", "check --help", "recipe --help", "sequence --help", "backend --help"):
        told[words] = _command(work, *words.split())
    return told


def recipe(work: Path) -> dict[str, Any]:
    """A node's recipe for the multilayer EXRs of its scene, and the node's own frames; then with two nodes."""
    scene, node = a_shot(work)
    for entry in node.brushpass.regions:
        entry.statistics = "frame"
    comp.update()
    comp.render(scene, work / "node", animation=True)
    comp.write_multilayer(scene, work / "passes")
    (work / "look").mkdir()
    told = {
        "written": _command(
            work, "recipe", "-o", str(work / "look" / "shot.json"), "--output", "styled/styled.####.exr"
        ),
        "printed": _command(work, "recipe", "--node", node.name),
    }
    comp.region(comp.add_node(scene, linked=""), "identity")
    told["several"] = _command(work, "recipe")
    return told


def sequence(work: Path) -> dict[str, Any]:
    """Two strips of three are styled and saved; then what was kept is shown and the rest is asked for."""
    scene, _ = an_image_strip(work)
    other = tl.image_strip(scene.sequence_editor.strips, "Zweite", tl.pictures(work / "src2", 2), 3, 12)
    region(other)
    tl.image_strip(scene.sequence_editor.strips, "Dritte", tl.pictures(work / "src3", 2), 4, 12)
    bpy.ops.wm.save_mainfile()
    told: dict[str, Any] = {
        "styled": _command(work, "sequence", "--progress", "json", "--save-as", str(work / "b.blend"))
    }
    told["file"] = bpy.data.filepath
    bpy.ops.wm.open_mainfile(filepath=str(work / "b.blend"))
    scene = bpy.context.scene
    strips = scene.sequence_editor.strips
    told["results"] = [result_of(scene, strips[name]) is not None for name in ("Bild ä", "Zweite", "Dritte")]
    told["resumed"] = _command(work, "sequence", "--resume")
    told["again"] = _command(work, "sequence", "--redo-changed", "--strip", "Bild ä", "--progress", "openjd")
    told["part"] = _command(work, "sequence", "--frames", "4,12", "--strip", "Bild ä", "--device", "cpu")
    told["device"] = strips["Bild ä"].brushpass.compute.device
    told["warped"] = _command(work, "sequence", "--strip", "Bild ä", "--device", "warp")
    told["painted"] = [element.filename for element in result_of(scene, strips["Bild ä"]).elements]
    told["unpainted"] = _command(work, "check", "--json")
    told["elsewhere"] = _command(work, "sequence", "--frames", "100", "--strip", "Bild ä")
    bpy.ops.wm.open_mainfile(filepath=str(work / "b.blend"))
    told["recipe"] = _command(work, "recipe", "--strip", "Zweite", "-o", str(work / "zweite.json"))
    told["checked"] = _command(work, "check", "--json")
    return told


def bake(work: Path) -> dict[str, Any]:
    """Both nodes of a scene: one captured first and played back, then all baked and saved; what is refused."""
    scene, node = a_shot(work)
    comp.render(scene, work / "live", animation=True)
    tree = comp.tree_of(scene)
    told: dict[str, Any] = {}
    for words in ("--node Stile", "--frames 1,3", "--resume", "--frames 1-2 --resume"):
        told[words] = _command(work, "bake", *words.split())
    told["captured"] = _command(work, "bake", "--capture", "--progress", "json", "--node", node.name)
    told["plays"] = [node.mode, node.record.version, comp.output(scene).links[0].from_node == node]
    told["check"] = _command(work, "check", "--scene", scene.name)
    told["baked"] = _command(work, "bake", "--save-as", str(work / "baked.blend"), "--progress", "openjd")
    told["nodes"] = sorted({other.bl_idname for other in tree.nodes})
    told["again"] = _command(work, "bake")
    told["checked"] = _command(work, "check")
    picture = comp.output(scene).links[0].from_node.image
    Path(bpy.path.abspath(picture.filepath)).with_name("styled.0002.exr").unlink()
    told["gone"] = _command(work, "check")
    told["saved"] = (work / "baked.blend").is_file()
    return told


def checked(work: Path) -> dict[str, Any]:
    """A sound file, one whose style is not there, and one whose backend is not."""
    _, node = a_shot(work)
    told = {"sound": _command(work, "check"), "json": _command(work, "check", "--json")}
    entry = node.brushpass.regions[0]
    entry.style = "no such style"
    told["style"] = _command(work, "check", "--json")
    told["file alone"] = _command(work, "check", "--file-only")
    told["refused"] = _command(work, "render", "--frames", "1", "--progress", "openjd", *_to(work, "d"))
    entry.style = "swirl"
    comp.use_backend(str(work / "nowhere"))
    told["backend"] = _command(work, "check", "--json")
    told["files"] = [path.name for path in work.glob("d.*")]
    return told


def failing(work: Path) -> dict[str, Any]:
    """A process of its own, whose second frame has no matte and is rendered all the same."""
    _, node = a_shot(work)
    tl.pictures(work / "src", 1, size=comp.SIZE)[0].rename(work / "roto.0001.png")
    node.brushpass.regions[0].matte.kind = "IMAGES"
    node.brushpass.regions[0].matte.path = "//roto.####.png"
    comp.update()
    bpy.ops.wm.save_mainfile()
    harness = Path(__file__).with_name("bpy_harness.py")
    python = comp.room("preferences").preferences().environment_path
    command = [sys.executable, harness, work / "child.json", Path(__file__), "forced", work, python]
    child = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, errors="replace", check=False, timeout=300
    )
    events = [line for line in child.stdout.splitlines() if line.startswith('{"event"')]
    return {"code": child.returncode, "last": events[-1], "files": [path.name for path in work.glob("e.*")]}


def forced(work: Path) -> None:
    """The child of :func:`failing`."""
    bpy.ops.wm.open_mainfile(filepath=str(work / "shot.blend"))
    comp.room("cli.command").run(["render", "--force", "--progress", "json", *_to(work, "e")])


# ---- what they have in common


def a_shot(work: Path) -> tuple[Any, Any]:
    """A saved scene of three frames with one stabilised Style node."""
    scene = comp.new_scene(work / "shot.blend")
    node = comp.add_node(scene)
    comp.region(node, "swirl", "OBJECT", "Kügel")
    node.brushpass.motion.smoothing = 0.6
    comp.room("compat").set_file_format(scene.render.image_settings, "OPEN_EXR")
    scene.render.image_settings.color_depth = "32"
    scene.render.filepath = "//out/shot.####.exr"
    bpy.ops.wm.save_mainfile()
    return scene, node


def _to(work: Path, stem: str) -> tuple[str, str]:
    return "--output", str(work / f"{stem}.####.exr")


def _forget_frames() -> None:
    """As in a process of its own."""
    comp.room("compositor.bridge.rendering").rendering.jobs.close()


def _command(work: Path, *argv: str) -> dict[str, Any]:
    """Exit code, lines on standard output and standard error of a command."""
    with _written(1, work / "out.txt"), _written(2, work / "err.txt"):
        code = comp.room("cli.command").run(list(argv))
    out, err = ((work / name).read_text(encoding="utf-8").splitlines() for name in ("out.txt", "err.txt"))
    return {
        "code": code,
        "out": out,
        "said": [line for line in (*out, *err) if line.startswith("Brushpass:")],
        "err": err,
    }


@contextmanager
def _written(descriptor: int, path: Path) -> Iterator[None]:
    sys.stdout.flush()
    sys.stderr.flush()
    before = os.dup(descriptor)
    with path.open("wb") as stream:
        os.dup2(stream.fileno(), descriptor)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(before, descriptor)
        os.close(before)


def _difference(path: Path, picture: np.ndarray) -> float:
    return float(np.abs(comp.pixels(path) - picture).max())


CASES = {case.__name__: case for case in (rendered, usage, recipe, sequence, bake, checked, failing, forced)}
