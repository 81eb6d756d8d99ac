"""The whole pipeline on frames that real Blenders rendered.

Blender 4.5 writes one part, 5.2 a part for each pass; every test runs on both
with the very same recipe. The tests read the EXR files with the OpenEXR package,
not with the product's reader, wherever they judge.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
import torch
from pipeline_shots import Listener, library, recipe

from nst_backend.contract.messages import EventKind
from nst_backend.contract.recipe import Recipe
from nst_backend.flow.consistency import forward_backward
from nst_backend.image.transfer import srgb_decode, srgb_encode
from nst_backend.image.warp import warp
from nst_backend.mattes.cryptomatte import coverage_of, find_layer, ids_of, list_layers
from nst_backend.media.exr import read_exr
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.summary import JobSummary
from nst_backend.styles.card import StyleCard
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.identity import write_identity_style
from nst_backend.styles.library import StyleLibrary
from nst_backend.styles.network import StyleNetwork
from nst_backend.styles.saving import save_styles

FRAMES = (1, 2, 3, 4)
# At this scale the networks run at the plate's own 108 lines.
SCALE = 10.0


def objects(*names: str) -> dict[str, Any]:
    return {"cryptomatte": {"layer": "CryptoObject", "names": list(names)}}


def cast(**styles: str | None) -> list[dict[str, Any]]:
    """The demo's regions, front to back; ``styles`` by region name, the others as the plate.

    The hash of ``Lake`` is no normal float: its id differs from the hash by a bit.
    """
    names = {"orb": ("Orb",), "hero": ("Suzanne", "Pedestal"), "tree": ("Tree", "Poppies"), "lake": ("Lake",)}
    return [
        {"name": name, "matte": objects(*held), "style": styles.get(name), "scale": SCALE}
        for name, held in names.items()
    ]


def everything(style: str) -> list[dict[str, Any]]:
    return [{"name": "all", "matte": {"everything": {}}, "style": style, "scale": SCALE}]


def demo_recipe(frames: Path, *, cameras: bool = True, **parts: Any) -> Recipe:
    plate = {"path": str(frames), "layer": "ViewLayer", "cameras": str(frames.parent / "scene.json")}
    if not cameras:
        del plate["cameras"]
    return recipe(**{**parts, "plate": {**plate, **parts.get("plate", {})}})


def run(shot: Recipe, folder: Path) -> tuple[JobSummary, Listener]:
    folder.mkdir(exist_ok=True)
    listener = Listener()
    return run_job(shot, base=folder, reporter=listener, library=library(folder / "styles")), listener


def stored(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """All channels by full name and the header attributes of all parts, read by the OpenEXR package."""
    channels: dict[str, np.ndarray] = {}
    header: dict[str, Any] = {}
    with OpenEXR.File(str(path), separate_channels=True) as file:
        for part in file.parts:
            channels |= {name: np.array(channel.pixels) for name, channel in part.channels.items()}
            header |= part.header
    return channels, header


def frame(pattern: Path, number: int) -> Path:
    return Path(str(pattern).replace("####", f"{number:04d}"))


def rgb(channels: dict[str, np.ndarray], prefix: str = "") -> np.ndarray:
    return np.stack([channels[prefix + name].astype(np.float32) for name in "RGB"], axis=-1)


def plate_rgb(frames: Path, number: int) -> np.ndarray:
    return rgb(stored(frame(frames, number))[0], "ViewLayer.Combined.")


def result_rgb(folder: Path, number: int, name: str = "styled") -> np.ndarray:
    return rgb(stored(folder / "out" / f"{name}.{number:04d}.exr")[0])


def coverage(path: Path, *names: str) -> np.ndarray:
    """Coverage of objects, from the manifest's ids alone; independent of the product's reader."""
    channels, header = stored(path)
    keys = [key for key in header if key.endswith("/name") and header[key] == "ViewLayer.CryptoObject"]
    manifest = json.loads(header[keys[0].replace("/name", "/manifest")])
    total = np.zeros(channels["ViewLayer.CryptoObject00.r"].shape, np.float32)
    for name in names:
        bits = int(manifest[name], 16)
        if bits >> 23 & 0xFF in (0, 0xFF):
            bits ^= 1 << 23
        for level in range(3):
            for identity, share in ("rg", "ba"):
                stem = f"ViewLayer.CryptoObject{level:02d}."
                total += np.where(channels[stem + identity].view(np.uint32) == bits, channels[stem + share], 0.0)
    return total


def exact_flow(frames: Path, number: int) -> tuple[np.ndarray, np.ndarray]:
    """F(t→t−1) of frame ``number`` and where it holds on a surface, straight from the Vector pass."""
    now, before = stored(frame(frames, number))[0], stored(frame(frames, number - 1))[0]
    back = np.stack([now["ViewLayer.Vector.X"], -now["ViewLayer.Vector.Y"]], axis=-1)
    forth = np.stack([-before["ViewLayer.Vector.Z"], before["ViewLayer.Vector.W"]], axis=-1)
    surface = now["ViewLayer.Depth.Z"] < 1e6
    return back, forward_backward(back, forth) & surface


def warnings(listener: Listener) -> list[str]:
    return [f"{event['problem']}; {event['remedy']}" for event in listener.of(EventKind.WARNING)]


@pytest.mark.parametrize("space", [None, "ACEScg", "Linear Rec.2020"])
def test_identity_returns_the_render(demo_frames: Path, tmp_path: Path, space: str | None) -> None:
    regions = cast(orb="identity", hero="identity", tree="identity", lake="identity")
    regions.append({"name": "rest", "matte": {"background": {}}, "style": "identity", "strength": 0.6})
    run(demo_recipe(demo_frames, regions=regions, plate={"colour_space": space, "frames": "1,4"}), tmp_path)
    for number in (1, 4):
        plate, found = plate_rgb(demo_frames, number), result_rgb(tmp_path, number)
        assert plate.max() > 5.0
        assert np.all(np.abs(found - plate) <= 1e-6 * np.maximum(1.0, np.abs(plate)))


def test_unstyled_pixels_are_the_plate_bit_for_bit(demo_frames: Path, tmp_path: Path) -> None:
    shot = demo_recipe(demo_frames, regions=cast(hero="stripes", tree="swirl"), temporal={"smoothing": 0.9})
    summary, listener = run(shot, tmp_path)
    assert summary.styled == list(FRAMES)
    assert not summary.resets
    assert warnings(listener) == []
    for number in FRAMES:
        plate, found = plate_rgb(demo_frames, number), result_rgb(tmp_path, number)
        covered = coverage(frame(demo_frames, number), "Suzanne", "Pedestal", "Tree", "Poppies")
        outside = covered == 0.0
        assert 0.5 < outside.mean() < 0.98
        assert np.array_equal(found[outside], plate[outside])
        assert np.abs(found - plate)[covered > 0.9].mean() > 0.05


def test_regions_are_the_cryptomattes(demo_frames: Path, tmp_path: Path) -> None:
    """In front comes first; the weights add up to the coverage of the objects."""
    regions = cast(orb="stripes", hero="swirl", tree="stripes", lake="swirl")
    run(demo_recipe(demo_frames, regions=regions, plate={"frames": "2"}, output={"mattes": True}), tmp_path)
    channels, _ = stored(tmp_path / "out" / "styled.0002.exr")
    path = frame(demo_frames, 2)
    for name, held in {"orb": ["Orb"], "hero": ["Suzanne", "Pedestal"], "tree": ["Tree", "Poppies"]}.items():
        assert np.abs(channels[f"matte.{name}"] - np.minimum(coverage(path, *held), 1.0)).max() <= 1e-6


def test_a_name_whose_hash_is_no_normal_float(demo_frames: Path, tmp_path: Path) -> None:
    regions = cast(lake="swirl")
    run(demo_recipe(demo_frames, regions=regions, plate={"frames": "2"}, output={"mattes": True}), tmp_path)
    wanted = coverage(frame(demo_frames, 2), "Lake")
    assert wanted.max() > 0.99
    assert np.abs(stored(tmp_path / "out" / "styled.0002.exr")[0]["matte.lake"] - wanted).max() <= 1e-6


@pytest.mark.parametrize("cameras", [True, False])
def test_motion_is_the_vector_pass(blender: Any, demo_frames: Path, tmp_path: Path, cameras: bool) -> None:
    """Only the sky lacks motion, only in 4.5, and only where the recipe names no cameras."""
    shot = demo_recipe(demo_frames, cameras=cameras, regions=everything("stripes"), temporal={"smoothing": 0.9})
    summary, listener = run(shot, tmp_path)
    assert not summary.resets
    said = warnings(listener)
    lacking = not cameras and blender.version == "4.5"
    assert len(said) == (1 if lacking else 0)
    assert all("background" in text for text in said)


def test_stabilised_film_flickers_less(demo_frames: Path, tmp_path: Path) -> None:
    """The warping error of Lai et al. 2018 along the exact motion, in display values."""
    shot = demo_recipe(
        demo_frames,
        regions=everything("stripes"),
        temporal={"smoothing": 0.9},
        output={"per_frame": "out/raw.####.exr"},
    )
    run(shot, tmp_path)

    def flicker(name: str) -> float:
        errors = []
        for number in FRAMES[1:]:
            flow, holds = exact_flow(demo_frames, number)
            before, now = (np.clip(srgb_encode(result_rgb(tmp_path, n, name)), 0.0, 1.0) for n in (number - 1, number))
            errors.append(np.square(now - warp(before, flow))[holds].mean())
        return float(np.mean(errors))

    assert np.array_equal(result_rgb(tmp_path, 1), result_rgb(tmp_path, 1, "raw"))
    assert flicker("styled") < 0.7 * flicker("raw")


@pytest.mark.parametrize("space", ["ACEScg", "Linear Rec.2020"])
def test_other_working_spaces(demo_frames: Path, tmp_path: Path, space: str) -> None:
    """The recipe's space decides what the networks see; where they saw nothing the plate stays."""
    parts: dict[str, Any] = {"regions": cast(hero="stripes"), "temporal": {"smoothing": 0.9}}
    wide = demo_recipe(demo_frames, plate={"colour_space": space, "frames": "1-2"}, **parts)
    plain = demo_recipe(demo_frames, plate={"colour_space": "Linear Rec.709", "frames": "1-2"}, **parts)
    run(wide, tmp_path / "wide")
    run(plain, tmp_path / "plain")
    inside = coverage(frame(demo_frames, 2), "Suzanne", "Pedestal")
    found, other, plate = result_rgb(tmp_path / "wide", 2), result_rgb(tmp_path / "plain", 2), plate_rgb(demo_frames, 2)
    assert np.isfinite(found).all()
    assert np.array_equal(found[inside == 0.0], plate[inside == 0.0])
    assert np.abs(found - other)[inside > 0.9].mean() > 0.005
    resolved = json.loads(next((tmp_path / "wide/out/.brushpass").glob("*/resolved.json")).read_text())
    assert resolved["plate"]["colour_space"] == space


def test_every_second_frame_says_where_its_motion_comes_from(demo_frames: Path, tmp_path: Path) -> None:
    """The Vector pass leads to the neighbouring frame only."""
    shot = demo_recipe(
        demo_frames, plate={"frames": "1-4x2"}, regions=everything("stripes"), temporal={"smoothing": 0.9}
    )
    summary, listener = run(shot, tmp_path)
    assert summary.styled == [1, 3]
    assert not summary.resets
    assert any("estimated" in text or "composed" in text for text in warnings(listener))


def test_output_keeps_cryptomatte_and_passes(demo_frames: Path, tmp_path: Path) -> None:
    parts: dict[str, Any] = {"output": {"keep_channels": True, "mattes": True, "depth": "half"}}
    run(demo_recipe(demo_frames, regions=cast(hero="stripes"), plate={"frames": "3"}, **parts), tmp_path)
    path, source = tmp_path / "out" / "styled.0003.exr", frame(demo_frames, 3)
    before, header = stored(source)
    after, kept = stored(path)
    for name, values in before.items():
        if ".Combined." not in name:
            assert np.array_equal(after[name].view(np.uint8), values.view(np.uint8)), name
    manifests = {key: value for key, value in header.items() if key.startswith("cryptomatte/")}
    assert len(manifests) == 12
    assert manifests == {key: kept[key] for key in manifests}
    for names in (["Suzanne"], ["Tree"], ["Orb", "Poppies"]):
        assert np.array_equal(coverage(path, *names), coverage(source, *names))
        image = read_exr(path)
        layer = find_layer(list_layers(image.header, image.channels), "CryptoObject", "ViewLayer")
        ours = coverage_of(layer, image.channels, ids_of(layer, names))
        assert np.abs(ours - np.minimum(coverage(source, *names), 1.0)).max() <= 1e-6
    assert np.abs(after["matte.hero"] - np.minimum(coverage(source, "Suzanne", "Pedestal"), 1.0)).max() <= 1e-6
    assert not np.array_equal(after["ViewLayer.Combined.R"], before["ViewLayer.Combined.R"])


def test_output_can_be_a_plate_again(demo_frames: Path, tmp_path: Path) -> None:
    """A second job takes the first one's files with all their passes."""
    first = demo_recipe(
        demo_frames, regions=cast(hero="stripes"), plate={"frames": "1-2"}, output={"keep_channels": True}
    )
    run(first, tmp_path / "first")
    styled = tmp_path / "first/out/styled.####.exr"
    again = demo_recipe(styled, cameras=False, regions=cast(tree="swirl"), temporal={"smoothing": 0.9})
    summary, listener = run(again, tmp_path / "second")
    assert summary.styled == [1, 2]
    assert all("background" in text for text in warnings(listener))
    outside = coverage(frame(demo_frames, 2), "Tree", "Poppies") == 0.0
    assert np.array_equal(result_rgb(tmp_path / "second", 2)[outside], plate_rgb(styled, 2)[outside])


def test_other_readers_open_the_output(demo_frames: Path, tmp_path: Path) -> None:
    oiio = pytest.importorskip("OpenImageIO")
    parts: dict[str, Any] = {"output": {"keep_channels": True, "mattes": True}}
    run(demo_recipe(demo_frames, regions=cast(hero="stripes"), plate={"frames": "1"}, **parts), tmp_path)
    path = tmp_path / "out" / "styled.0001.exr"
    image = oiio.ImageInput.open(str(path))
    assert image is not None, oiio.geterror()
    spec = image.spec()
    pixels = np.asarray(image.read_image(oiio.FLOAT))
    image.close()
    ours = read_exr(path).channels
    assert set(spec.channelnames) == set(ours)
    for index, name in enumerate(spec.channelnames):
        assert np.array_equal(pixels[:, :, index], ours[name].astype(np.float32), equal_nan=True), name
    assert any(
        entry.name.startswith("cryptomatte/") and entry.name.endswith("manifest") for entry in spec.extra_attribs
    )


# ---- Soft edges

PAINT = np.array([0.1, 0.3, 0.9], np.float32)
# The largest error that may remain in linear light. The ball of glass refracts its ground, so that
# its edge has a colour of its own which no neighbour tells.
EDGES = {"defocus": 0.02, "lit": 0.03, "motion": 0.02, "fast": 0.02, "transparent": 0.02, "glass": 0.06}


@pytest.fixture(scope="module")
def edges(blender: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edges")
    blender.run(Path(__file__).with_name("bpy_edges.py"), folder)
    return folder


def paint_style(folder: Path) -> StyleLibrary:
    """``paint`` is one colour whatever the picture: kernels of zero and a bias. And the identity."""
    network = StyleNetwork(NetworkConfig(width=3, blocks=0, levels=0, norm="none"))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.tail.bias.copy_(torch.from_numpy(PAINT))
    card = StyleCard(name="paint", network="paint.safetensors", sha256="", config=network.config, scale_free=True)
    save_styles(network, [card], folder)
    write_identity_style(folder)
    return StyleLibrary([folder])


def painted_ball(plate: Path, folder: Path, style: str) -> np.ndarray:
    regions = [{"name": "ball", "matte": objects("Ball"), "style": style}]
    shot = recipe(plate={"path": str(plate)}, regions=regions, output={"path": f"{style}.exr"})
    run_job(shot, base=folder, reporter=Listener(), library=paint_style(folder / "styles"))
    return rgb(stored(folder / f"{style}.exr")[0])


@pytest.mark.parametrize("case", EDGES)
def test_soft_edges_show_nothing_of_the_unstyled_object(edges: Path, tmp_path: Path, case: str) -> None:
    """What remains is coverage times paint over the ground as it is rendered without the ball."""
    plate = edges / case / "with.exr"
    share = np.minimum(coverage(plate, "Ball"), 1.0)[:, :, None]
    seen = rgb(stored(plate)[0], "ViewLayer.Combined.")
    ground = rgb(stored(edges / case / "without.exr")[0], "ViewLayer.Combined.")
    paint = srgb_decode(PAINT)
    wanted = share * paint + (1.0 - share) * ground
    found = painted_ball(plate, tmp_path, "paint")
    assert (found - wanted)[:, :, 0].max() <= 0.02
    assert np.abs(found - wanted).max() <= EDGES[case]
    # Paint over the mixed pixels would leave red: the test can fail.
    if case != "glass":
        assert (seen + share * (paint - seen) - wanted)[:, :, 0].max() > 0.15
    # The edge is as wide as it is meant to be.
    if case in ("defocus", "lit", "transparent"):
        middle = share[share.shape[0] // 2, :, 0]
        assert np.count_nonzero((middle > 0.01) & (middle < 0.99)) / 2 > 22


@pytest.mark.parametrize("case", EDGES)
def test_identity_keeps_soft_edges(edges: Path, tmp_path: Path, case: str) -> None:
    plate = edges / case / "with.exr"
    channels, _ = stored(plate)
    before, found = rgb(channels, "ViewLayer.Combined."), painted_ball(plate, tmp_path, "identity")
    assert np.all(np.abs(found - before) <= 1e-6 * np.maximum(1.0, np.abs(before)))
    after = stored(tmp_path / "identity.exr")[0]
    assert np.array_equal(after["A"], channels["ViewLayer.Combined.A"])


def test_paint_over_a_transparent_film_is_premultiplied(edges: Path, tmp_path: Path) -> None:
    """Straight colour is the paint at any alpha, also where hardly anything shows."""
    found = painted_ball(edges / "transparent" / "with.exr", tmp_path, "paint")
    alpha = stored(tmp_path / "paint.exr")[0]["A"]
    shows = alpha >= 1.0 / 255.0
    assert (shows & (alpha < 0.1)).any()
    assert np.abs(found[shows] / alpha[shows][:, None] - srgb_decode(PAINT)).max() < 0.005
    assert np.all(found <= alpha[:, :, None] + 1e-6)


def test_smoothing_draws_no_ground_into_a_moving_edge(demo_frames: Path, tmp_path: Path) -> None:
    """One flat colour has nothing to stabilise: what the history carries may not show."""
    regions = [{"name": "hero", "matte": objects("Suzanne", "Pedestal"), "style": "paint"}]
    for smoothing in (0.0, 0.9):
        shot = demo_recipe(
            demo_frames, regions=regions, temporal={"smoothing": smoothing}, output={"path": f"{smoothing}.####.exr"}
        )
        run_job(shot, base=tmp_path, reporter=Listener(), library=paint_style(tmp_path / "styles"))
    for number in FRAMES[1:]:
        still, smooth = (
            np.clip(srgb_encode(rgb(stored(tmp_path / f"{smoothing}.{number:04d}.exr")[0])), 0.0, 1.0)
            for smoothing in (0.0, 0.9)
        )
        difference = np.abs(smooth - still).max(axis=2)
        assert difference.max() < 0.06
        assert np.count_nonzero(difference > 0.02) < 0.001 * difference.size
