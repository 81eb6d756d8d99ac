"""What is fed with damaged files: for each kind of file a sound one, its damage, and the code that reads it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fuzz_foreign import make_exports, prepare_export, read_damaged_export
from fuzz_mutations import damaged_bytes, damaged_json, damaged_text
from fuzz_segmenters import make_segmenter, open_damaged_segmenter, prepare_segmenter

from nst_backend.cli.main import run as nst
from nst_backend.cli.run_file import read_run_file, recipes_of
from nst_backend.cli.train import read_training_recipe
from nst_backend.contract.messages import Event
from nst_backend.contract.recipe import Recipe, load_recipe
from nst_backend.contract.wire import LineSplitter, ProtocolError, decode_request
from nst_backend.flow.camera import background_flow, load_cameras
from nst_backend.mattes.coco import CocoSource, read_annotations
from nst_backend.mattes.cryptomatte import check_names, coverage_of, find_layer, ids_of, list_layers, names_in
from nst_backend.mattes.images import read_matte
from nst_backend.media.exr import read_exr, write_exr
from nst_backend.media.images import write_image
from nst_backend.media.plate import Frame, open_plate
from nst_backend.media.video import mux_video
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.manifest import Manifest
from nst_backend.pipeline.states import StateFiles
from nst_backend.styles.card import StyleCard
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.foreign import import_fast_neural_style
from nst_backend.styles.identity import write_identity_style
from nst_backend.styles.library import StyleLibrary
from nst_backend.styles.network import StyleNetwork
from nst_backend.styles.saving import save_styles
from nst_backend.temporal.state import History, save_history
from nst_backend.weights.checkpoint import load_tensors, read_metadata

__all__ = ["TARGETS", "Target", "make_seeds"]

SIZE = (24, 18)
"""Width and height of everything sound."""


@dataclass(frozen=True)
class Target:
    """``prepare`` puts a case's files into its empty folder; ``feed`` reads them there."""

    prepare: Callable[[Path, Path, random.Random], None]
    feed: Callable[[Path], None]


class _Silent:
    def emit(self, event: Event) -> None:
        pass

    def cancelled(self) -> bool:
        return False


# ---- sound files


def make_seeds(seeds: Path) -> None:
    """Write one sound file of each kind into ``seeds``."""
    rng = np.random.default_rng(1)
    width, height = SIZE
    picture = rng.random((height, width, 3), dtype=np.float32)
    ids = np.where(picture[:, :, 0] > 0.5, np.uint32(0x3F1F2E3D), np.uint32(0x3E4F2E3D)).view(np.float32)
    channels: dict[str, Any] = {f"L.Combined.{name}": picture[:, :, index] for index, name in enumerate("RGB")}
    channels |= {f"L.CryptoObject00.{name}": ids * 0 for name in "ba"}
    channels |= {"L.CryptoObject00.r": ids, "L.CryptoObject00.g": np.ones_like(ids)}
    attributes = {
        "cryptomatte/1a2b3c4/name": "L.CryptoObject",
        "cryptomatte/1a2b3c4/hash": "MurmurHash3_32",
        "cryptomatte/1a2b3c4/conversion": "uint32_to_float32",
        "cryptomatte/1a2b3c4/manifest": json.dumps({"Hero": "3f1f2e3d", "Tree": "3e4f2e3d"}),
    }
    for number in (1, 2):
        write_exr(
            seeds / f"plate.{number:04d}.exr",
            {name: np.ascontiguousarray(values, np.float32) for name, values in channels.items()},
            attributes=attributes,
        )
    for suffix in ("png", "jpg", "tif"):
        write_image(seeds / f"picture.{suffix}", picture)
    mux_video((picture for _ in range(5)), seeds / "clip.mp4", fps=24)
    mux_video((picture for _ in range(5)), seeds / "clip.mkv", fps=24)
    torch.manual_seed(1)
    (seeds / "styles").mkdir()
    write_identity_style(seeds / "styles")
    network = StyleNetwork(NetworkConfig(width=2, blocks=1, styles=1))
    card = StyleCard(name="tiny", network="tiny.safetensors", sha256="", config=network.config)
    save_styles(network, [card], seeds / "styles")
    shapes = {"conv1.conv2d.weight": (4, 3, 9, 9), "conv1.conv2d.bias": (4,), "in1.weight": (4,), "in1.bias": (4,)}
    torch.save({name: torch.randn(shape) for name, shape in shapes.items()}, seeds / "foreign.pth")
    make_segmenter(seeds)
    make_exports(seeds)
    flat = np.zeros((height, width), np.float32)
    save_history(seeds / "state.npz", History(4, picture, picture, flat.astype(np.uint32), flat))


def _recipe() -> dict[str, Any]:
    return {
        "version": 1,
        "plate": {"path": "plate.####.exr", "layer": "L", "frames": "1-2", "colour_space": "ACEScg", "exposure": 0.5},
        "regions": [
            {"name": "hero", "style": "identity", "strength": [[1, 0.0], [2, 1.0]],
             "matte": {"cryptomatte": {"layer": "CryptoObject", "names": ["Her*"]}}},
            {"name": "roto", "style": None, "matte": {"images": {"path": "picture.png", "channel": "red"}}},
            {"name": "mix", "style": "identity", "feather": 4,
             "matte": {"subtract": [{"grow": {"matte": {"everything": {}}, "distance": 2}},
                                    {"cryptomatte": {"names": ["Tree"]}}]}},
            {"name": "rest", "matte": {"background": {}}, "style": "identity", "scale": 1.5},
        ],
        "temporal": {"flow": "auto", "smoothing": 0.5, "preroll": 1},
        "output": {"path": "out/styled.####.exr", "depth": "half", "mattes": True},
        "compute": {"device": "cpu", "tile": 64},
    }  # fmt: skip


_COCO = {
    "images": [{"id": 1, "file_name": "a.0001.png", "width": SIZE[0], "height": SIZE[1]}],
    "categories": [{"id": 1, "name": "person"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 20, 1, 20, 15, 1, 15]]},
        {"id": 2, "image_id": 1, "category_id": 1, "segmentation": {"size": [18, 24], "counts": [10, 20, 402]}},
        {"id": 3, "image_id": 1, "category_id": 1, "segmentation": {"size": [18, 24], "counts": "04P<"}},
    ],
}
_MATRIX = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.1], [0.0, 0.0, -1.0, 1.0]]
_CAMERAS = {"frames": {str(number): {"matrix_world": _MATRIX, "projection": _MATRIX} for number in (1, 2)}}
_TRAINING = {
    "name": "four",
    "styles": [{"name": "a", "title": "A", "artist": "B", "painting": "a.jpg"}],
    "network": {"styles": 1, "leak": 0.2},
    "weights": {"style": 4.0, "layers": {"relu1_1": 0.5}},
    "steps": 100,
}
_INI = """[run]
video = clip.mp4
styles = identity, tiny
output = out/{style}.mp4
segmenter = cryptomatte
segments = Hero, Tree*
background = identity
resolution = 50%
frames = 1-4
strength = 0.5
smoothing = 0.4
device = cpu
"""
_TOML = """[run]
video = "clip.mp4"
styles = ["identity", "tiny"]
output = "out/{style}.mp4"
segments = ["Hero"]
strength = 0.5
fps = 24
"""


# ---- feeding


def _frame(number: int = 1) -> Frame:
    return Frame(number, np.zeros((SIZE[1], SIZE[0], 3), np.float32))


def _exr(folder: Path) -> None:
    path = folder / "case.exr"
    read_exr(path)
    plate = open_plate(path)
    frame = plate.read(1, extra=lambda name: True)
    for layer in list_layers(frame.header, frame.channels, folder):
        names_in(find_layer([layer], layer.name), frame.channels)
        check_names(["*"], [(layer, frame.channels)])
        coverage_of(layer, frame.channels, ids_of(layer, ["*", "Hero", "<3f1f2e3d>"]))


def _cryptomatte(folder: Path) -> None:
    header = json.loads((folder / "header.json").read_text())
    channels = [f"L.CryptoObject0{number}.{name}" for number in range(2) for name in "rgba"]
    planes = {name: np.zeros((4, 4), np.float32) for name in channels}
    layers = list_layers(header, planes, folder)
    for layer in layers:
        found = find_layer(layers, layer.name, "L")
        coverage_of(found, planes, ids_of(found, ["*"]))
        check_names(["Hero", "T?ee*"], [(found, planes)])


def _job(folder: Path) -> None:
    recipe = load_recipe(folder / "recipe.json")
    again = Recipe.from_json(json.loads(json.dumps(recipe.to_json())))
    assert again.to_json() == recipe.to_json(), "a recipe does not come back as it was"
    # Where a recipe sends its frames is its author's business; here they stay with the case.
    data = recipe.to_json()
    data["output"] = {**data["output"], "path": "out/styled.####.exr", "depth": None, "size": "12x9"}
    data["output"]["per_frame"] = None
    data["regions"] = [{**region, "scale": 10.0} for region in data["regions"][:6]]
    data["compute"] = {**data["compute"], "tile": "auto"}
    data["temporal"] = {**data["temporal"], "flow": "dis"}
    run_job(Recipe.from_json(data), base=folder, reporter=_Silent(), library=StyleLibrary([folder / "styles"]))


def _styles(folder: Path) -> None:
    library = StyleLibrary([folder / "styles"])
    library.styles()
    library.find("tiny.style.json", base=folder / "styles").load()


def _checkpoint(folder: Path) -> None:
    (path,) = folder.glob("case.*")
    if path.suffix == ".safetensors":
        read_metadata(path)
    load_tensors(path)
    import_fast_neural_style(path, folder / "out", name="case")


def _cameras(folder: Path) -> None:
    cameras = list(load_cameras(folder / "case.json").values())
    for camera in cameras[:3]:
        background_flow(camera, cameras[0], (8, 6))


def _coco(folder: Path) -> None:
    source = CocoSource(read_annotations(folder / "case.json"), categories=["person"], file_name=lambda n: "a.0001.png")
    source.check([_frame()])
    source.coverage(_frame())


def _run_file(folder: Path) -> None:
    (path,) = folder.glob("case.*")
    recipes_of(read_run_file(path))


def _plate(folder: Path) -> None:
    (path,) = folder.glob("case.*")
    if path.suffix not in (".mp4", ".mkv"):
        read_matte(path, "luma")
    plate = open_plate(path)
    try:
        for number in plate.numbers[:6]:
            plate.read(number)
            plate.fingerprint(number)
    finally:
        plate.close()


def _manifest(folder: Path) -> None:
    manifest = Manifest(folder)
    manifest.finished(1, "key", folder / "a.exr")
    manifest.owns(1, folder / "a.exr")
    manifest.record(7, "key", folder / "b.exr")
    (folder / "b.exr").touch()
    assert Manifest(folder).finished(7, "key", folder / "b.exr"), "a sound line after damaged ones is lost"
    assert len(manifest.frames) >= 1


def _state(folder: Path) -> None:
    found = StateFiles(folder).load(4, "key")
    assert found is None or (found.number == 4 and found.output.shape == found.plate.shape)


def _wire(folder: Path) -> None:
    for line in LineSplitter().feed((folder / "lines").read_bytes()):
        assert line is not None, "a short line is called too long"
        with contextlib.suppress(ProtocolError):
            decode_request(line)


def _command(folder: Path) -> None:
    arguments = json.loads((folder / "arguments.json").read_text())
    said, complained = io.StringIO(), io.StringIO()
    here = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
            code = nst(arguments)
    finally:
        os.chdir(here)
    text = complained.getvalue()
    assert code in (0, 2, 3, 4, 5, 6), f"exit code {code}: {text[-500:]}"
    assert "Traceback" not in text, text[-1500:]
    assert code == 0 or text.strip().splitlines()[-1].startswith("nst: ") or "usage:" in said.getvalue(), text[-500:]


# ---- preparing


def _bytes_of(*names: str, head: int = 4096) -> Callable[[Path, Path, random.Random], None]:
    def prepare(seeds: Path, folder: Path, rng: random.Random) -> None:
        source = seeds / rng.choice(names)
        (folder / f"case{source.suffix}").write_bytes(damaged_bytes(source.read_bytes(), rng, head=head))

    return prepare


def _json_of(data: Any, name: str = "case.json") -> Callable[[Path, Path, random.Random], None]:
    return lambda seeds, folder, rng: _write(folder / name, damaged_json(data, rng))


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _prepare_cryptomatte(seeds: Path, folder: Path, rng: random.Random) -> None:
    manifest = damaged_json({"Hero": "3f1f2e3d", "Tree": "3e4f2e3d"}, rng)
    key = "cryptomatte/1a2b3c4/"
    header: dict[str, Any] = {key + "name": "L.CryptoObject", key + "hash": "MurmurHash3_32"}
    if rng.random() < 0.5:
        header[key + "manifest"] = manifest.decode(errors="replace")
    else:
        names = ("side.json", "../side.json", "/etc/hosts.json", "a/../../side.json", "..\\side.json", "side.json\0",
                 "")  # fmt: skip
        header[key + "manif_file"] = rng.choice(names)
        (folder / "side.json").write_bytes(manifest)
    try:
        damaged = json.loads(damaged_json(header, rng)) if rng.random() < 0.4 else header
    except (ValueError, RecursionError):
        damaged = header
    # A header is a mapping by the time anyone sees it; what its values are is the file's business.
    header = damaged if isinstance(damaged, dict) else header
    (folder / "header.json").write_text(json.dumps(header), encoding="utf-8")


def _prepare_recipe(seeds: Path, folder: Path, rng: random.Random) -> None:
    _shot(seeds, folder)
    (folder / "recipe.json").write_bytes(damaged_json(_recipe(), rng))


def _shot(seeds: Path, folder: Path) -> None:
    for path in (*seeds.glob("plate.*.exr"), seeds / "picture.png"):
        shutil.copy(path, folder)
    shutil.copytree(seeds / "styles", folder / "styles")


def _prepare_style(seeds: Path, folder: Path, rng: random.Random) -> None:
    shutil.copytree(seeds / "styles", folder / "styles")
    card = folder / "styles" / "tiny.style.json"
    card.write_bytes(damaged_json(json.loads(card.read_text(encoding="utf-8")), rng))


class _Bomb:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch ../escaped",)


def _prepare_checkpoint(seeds: Path, folder: Path, rng: random.Random) -> None:
    kind = rng.random()
    if kind < 0.05:
        (folder / "case.pth").write_bytes(pickle.dumps({"conv1.conv2d.weight": _Bomb()}))
    elif kind < 0.5:
        (folder / "case.pth").write_bytes(damaged_bytes((seeds / "foreign.pth").read_bytes(), rng, head=2000))
    else:
        source = (seeds / "styles" / "tiny.safetensors").read_bytes()
        (folder / "case.safetensors").write_bytes(damaged_bytes(source, rng, head=2500))


def _prepare_run_file(seeds: Path, folder: Path, rng: random.Random) -> None:
    suffix, text = rng.choice(((".ini", _INI), (".toml", _TOML)))
    (folder / f"case{suffix}").write_bytes(damaged_text(text, rng))


def _prepare_manifest(seeds: Path, folder: Path, rng: random.Random) -> None:
    lines = [
        json.dumps({"frame": number, "key": "key" if number % 2 else "", "files": ["../../a.exr"]})
        for number in range(5)
    ]
    text = "\n".join(lines) + "\n"
    if rng.random() < 0.5:
        lines[rng.randrange(5)] = damaged_json(json.loads(lines[1]), rng).decode(errors="replace")
        data = "\n".join(lines).encode(errors="replace")
    else:
        data = damaged_bytes(text.encode(), rng)
    (folder / "manifest.jsonl").write_bytes(data)
    _prepare_state(seeds, folder, rng)


def _prepare_state(seeds: Path, folder: Path, rng: random.Random) -> None:
    (folder / "state-key.npz").write_bytes(damaged_bytes((seeds / "state.npz").read_bytes(), rng))


def _prepare_wire(seeds: Path, folder: Path, rng: random.Random) -> None:
    request = {"request": rng.choice(["hello", "open", "step", "preview", "mattes", "cancel", "close"]), "id": 3}
    request |= {"job": "shot", "recipe": _recipe(), "frame": 1, "base": "."}
    (folder / "lines").write_bytes(damaged_json(request, rng) + b"\n")


def _prepare_command(seeds: Path, folder: Path, rng: random.Random) -> None:
    _shot(seeds, folder)
    (folder / "recipe.json").write_text(json.dumps(_recipe()), encoding="utf-8")
    options = ["--frames", "--size", "--smoothing", "--fps", "--style", "--strength", "--scale", "--layer", "--flow",
               "--device", "--tile", "--colour-space", "--exposure", "--depth", "--report", "--progress", "--width",
               "--frame", "--lags", "--write", "--plate", "--overwrite", "--json", "--mattes", "-o", "--out",
               "--nonsense"]  # fmt: skip
    values = ["1", "-1", "1-2", "9-1", "nan", "inf", "1e999", "50%", "0x0", "identity", "idenity", "cpu", "cuda:9", "",
              "out/x.####.png", "out/x.png", "recipe.json", "plate.####.exr", "picture.png", "ViewLayer", "L", "half",
              "1:0,2:1", "[[1,", "json", "openjd", "vector", "sRGB", "Hero", "*", "\udcff", "x" * 300,
              "a\nb"]  # fmt: skip
    command = rng.choice(["stylize", "preview", "sheet", "movie", "mattes", "styles", "evaluate", "schema", "train",
                          "optimize", "stylise", "stylze", ""])  # fmt: skip
    arguments = [command, rng.choice(["recipe.json", "plate.####.exr", "picture.png", "nothing.json", "styles", "."])]
    for _ in range(rng.randrange(5)):
        arguments.append(rng.choice(options))
        if rng.random() < 0.8:
            arguments.append(rng.choice(values))
    if command in ("stylize", "stylise", "preview"):
        # Small, and away from the seeds' folder.
        arguments += ["--size", "12x9"] if rng.random() < 0.9 else []
    (folder / "arguments.json").write_text(json.dumps(arguments), encoding="utf-8")


TARGETS: Mapping[str, Target] = {
    "exr": Target(_bytes_of("plate.0001.exr", head=2500), _exr),
    "cryptomatte": Target(_prepare_cryptomatte, _cryptomatte),
    "recipe": Target(_prepare_recipe, _job),
    "style": Target(_prepare_style, _styles),
    "checkpoint": Target(_prepare_checkpoint, _checkpoint),
    "export": Target(prepare_export, read_damaged_export),
    "segmenter": Target(prepare_segmenter, open_damaged_segmenter),
    "cameras": Target(_json_of(_CAMERAS), _cameras),
    "coco": Target(_json_of(_COCO), _coco),
    "run_file": Target(_prepare_run_file, _run_file),
    "training": Target(_json_of(_TRAINING), lambda folder: _discard(read_training_recipe(folder / "case.json"))),
    "video": Target(_bytes_of("clip.mp4", "clip.mkv"), _plate),
    "picture": Target(_bytes_of("picture.png", "picture.jpg", "picture.tif", head=600), _plate),
    "manifest": Target(_prepare_manifest, _manifest),
    "state": Target(_prepare_state, _state),
    "wire": Target(_prepare_wire, _wire),
    "command": Target(_prepare_command, _command),
}


def _discard(_: object) -> None:
    """Only whether it can be read counts."""
