"""The demo scene on every real Blender: passes, names, motion, highlights, resuming."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest

NAMED = {"Suzanne", "Orb", "Tree", "Grass", "Boat", "Poppies", "Pedestal", "Ground", "Lake"}


def read(pattern: Path, frame: int) -> tuple[dict[str, np.ndarray], dict[str, dict[str, int]]]:
    """Channels without the layer's name, and the Cryptomatte manifests (name to id bits)."""
    channels: dict[str, np.ndarray] = {}
    manifests: dict[str, dict[str, int]] = {}
    with OpenEXR.File(str(pattern).replace("####", f"{frame:04d}"), separate_channels=True) as file:
        for part in file.parts:
            for name, channel in part.channels.items():
                channels[name.removeprefix("ViewLayer.")] = np.array(channel.pixels)
            for key, value in part.header.items():
                if key.startswith("cryptomatte/") and key.endswith("/manifest"):
                    layer = part.header[key.replace("/manifest", "/name")].removeprefix("ViewLayer.")
                    manifests[layer] = {name: int(bits, 16) for name, bits in json.loads(value).items()}
    return channels, manifests


def coverage(channels: dict[str, np.ndarray], layer: str, bits: int) -> np.ndarray:
    """Coverage of one id, summed over the ranks; independent of the product's reader."""
    if bits >> 23 & 0xFF in (0, 0xFF):  # as with "Lake": the hash is no normal float, so one bit of it is flipped
        bits ^= 1 << 23
    total = np.zeros_like(channels["Depth.Z"])
    for level in range(3):
        for identity, share in ("rg", "ba"):
            held = channels[f"{layer}{level:02d}.{identity}"].view(np.uint32) == bits
            total += np.where(held, channels[f"{layer}{level:02d}.{share}"], 0.0)
    return total


def test_passes_are_there_and_have_their_depths(demo_frames: Path) -> None:
    channels, _ = read(demo_frames, 1)
    expected = {f"Combined.{c}" for c in "RGBA"} | {"Depth.Z"} | {f"Vector.{c}" for c in "XYZW"}
    for layer in ("CryptoObject", "CryptoMaterial", "CryptoAsset"):
        expected |= {f"{layer}{level:02d}.{c}" for level in range(3) for c in "rgba"}
    assert expected <= channels.keys()
    assert all(channel.shape == (108, 192) for channel in channels.values())
    assert channels["Combined.R"].dtype == np.float16
    assert channels["CryptoObject00.r"].dtype == channels["Vector.X"].dtype == np.float32


def test_objects_and_materials_are_in_the_manifests_and_on_screen(demo_frames: Path) -> None:
    channels, manifests = read(demo_frames, 1)
    assert manifests["CryptoObject"].keys() >= NAMED
    assert manifests["CryptoMaterial"].keys() >= {"Porcelain", "Glass", "Maple", "Bark", "Petal"}
    for name in NAMED:
        assert coverage(channels, "CryptoObject", manifests["CryptoObject"][name]).sum() > 20.0, name


def test_fine_and_blurred_objects_have_soft_mattes(demo_frames: Path) -> None:
    channels, manifests = read(demo_frames, 1)

    def softness(name: str) -> float:
        matte = coverage(channels, "CryptoObject", manifests["CryptoObject"][name])
        return float(((matte > 0.02) & (matte < 0.98)).sum() / (matte > 0.02).sum())

    assert softness("Tree") > softness("Suzanne")
    assert softness("Boat") > softness("Suzanne")


def test_sky_and_glints_exceed_one(demo_frames: Path) -> None:
    channels, _ = read(demo_frames, 1)
    picture = np.stack([channels[f"Combined.{c}"].astype(np.float32) for c in "RGB"], -1)
    sky = channels["Depth.Z"] > 1e6
    assert np.isfinite(picture).all()
    assert sky.mean() > 0.15
    assert picture[sky].max() > 5.0
    assert (picture[~sky].max(axis=-1) > 1.0).any()


def test_objects_share_pixels_and_their_crossing_moves(demo_frames: Path) -> None:
    crossings = []
    for frame in (1, 4):
        channels, manifests = read(demo_frames, frame)
        ids = manifests["CryptoObject"]
        orb, hero = (coverage(channels, "CryptoObject", ids[name]) for name in ("Orb", "Suzanne"))
        assert ((orb > 0.05) & (hero > 0.05)).any(), "the orb's edge lies on the hero"
        crossings.append(orb)
    assert np.abs(crossings[0] - crossings[1]).max() > 0.9


def test_vector_pass_takes_the_previous_frame_to_this_one(demo_frames: Path) -> None:
    before, _ = read(demo_frames, 2)
    now, manifests = read(demo_frames, 3)
    identity = manifests["CryptoObject"]["Suzanne"]
    hero = coverage(now, "CryptoObject", identity) > 0.99
    rows, columns = np.nonzero(hero)
    moved = (
        np.clip(np.rint(rows - now["Vector.Y"][hero]).astype(int), 0, 107),
        np.clip(np.rint(columns + now["Vector.X"][hero]).astype(int), 0, 191),
    )
    assert np.hypot(now["Vector.X"][hero], now["Vector.Y"][hero]).mean() > 0.3
    previous = coverage(before, "CryptoObject", identity)
    assert previous[moved].mean() > 0.95


def test_cameras_are_written_for_every_frame(demo_frames: Path) -> None:
    description = json.loads((demo_frames.parent / "scene.json").read_text("utf-8"))
    assert description["resolution"] == [192, 108]
    assert set(description["frames"]) == {"1", "2", "3", "4"}
    assert set(description["objects"]) >= NAMED

    channels, _ = read(demo_frames, 1)
    picture = sum(channels[f"Combined.{c}"].astype(np.float32) for c in "RGB")
    camera = {key: np.array(value) for key, value in description["frames"]["1"].items()}
    assert np.allclose(camera["matrix_world"][3], (0, 0, 0, 1))

    # The sun disc is where the camera of the file projects it: y is up in clip space.
    sun = np.linalg.inv(camera["matrix_world"])[:3, :3] @ np.array(description["sun"])
    clip = camera["projection"] @ np.append(sun, 0.0)
    column, row = (clip[0] / clip[3] * 0.5 + 0.5) * 192, (0.5 - clip[1] / clip[3] * 0.5) * 108
    sky = np.where(channels["Depth.Z"] > 1e6, picture, 0.0)
    rows, columns = np.nonzero(sky > 0.8 * sky.max())
    assert abs(columns.mean() + 0.5 - column) < 2.0
    assert abs(rows.mean() + 0.5 - row) < 2.0


def test_a_finished_frame_is_kept_and_a_missing_one_made_again(blender: Any, tmp_path: Path) -> None:
    settings = ("--out", tmp_path, "--frames", "2", "--size", "48x27", "--samples", "1", "--threads", "1")
    blender.run("demo.render", *settings)
    first, second = (tmp_path / f"frame.000{number}.exr" for number in (1, 2))
    (tmp_path / ".frame.0002.exr.1.partial").write_bytes(b"torn")
    kept, made = first.stat().st_mtime_ns, read(tmp_path / "frame.####.exr", 2)[0]
    second.unlink()
    result = blender.run("demo.render", *settings)
    assert first.stat().st_mtime_ns == kept
    again = read(tmp_path / "frame.####.exr", 2)[0]
    assert all(np.array_equal(made[name], again[name], equal_nan=True) for name in made)
    progress = [line.split() for line in result.stdout.splitlines() if line.startswith("PROGRESS ")]
    assert [(int(done), int(frames)) for _, done, frames, *_ in progress] == [(1, 2), (2, 2)]
    assert not list(tmp_path.glob(".*partial"))


@pytest.mark.parametrize("arguments", [("--frames", "0"), ("--size", "wide"), ("--size", "9999999x2")])
def test_settings_out_of_range_are_refused(blender: Any, tmp_path: Path, arguments: tuple[str, str]) -> None:
    with pytest.raises(pytest.fail.Exception, match="error: "):
        blender.run("demo.render", "--out", tmp_path, *arguments)
    assert not list(tmp_path.iterdir())
