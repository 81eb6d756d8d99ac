"""The shots of the characters: the same whenever they are made, unlike each other, named in their Cryptomatte."""

from __future__ import annotations

import math
from pathlib import Path

from blenders import Blender

from demo.characters.shots import CLASSES, SHOTS, make_shot
from nst_backend.mattes.cryptomatte import find_layer, is_layer_channel, list_layers, names_in
from nst_backend.media.plate import open_plate

TRAINING = [shot for name, shot in SHOTS.items() if name.startswith("training-")]


def test_a_shot_is_made_of_its_name() -> None:
    shot = SHOTS["training-03"]
    assert make_shot("training-03", frames=shot.frames, step=shot.step) == shot
    other = make_shot("training-003", frames=shot.frames, step=shot.step)
    assert (other.figures, other.camera, other.sun) != (shot.figures, shot.camera, shot.sun)


def test_the_held_out_shot_shares_nothing_with_those_that_are_learnt() -> None:
    held_out = SHOTS["held-out"]
    assert held_out.camera.path not in {shot.camera.path for shot in TRAINING}
    for shot in TRAINING:
        assert shot.figures != held_out.figures
        assert shot.ground_colours != held_out.ground_colours
        assert shot.sun != held_out.sun
        assert not set(shot.clutter) & set(held_out.clutter)


def test_every_shot_has_all_classes_on_stage() -> None:
    for shot in SHOTS.values():
        assert {figure.kind for figure in shot.figures} == set(CLASSES)
        for frame in range(1, shot.frames + 1):
            place, target = shot.camera.at(shot.part(frame))
            assert 4.0 < math.dist(place[:2], (0.0, 0.0)) < 13.0
            assert place[2] > 0.3
            for figure in shot.figures:
                assert math.dist(figure.place(shot.time(frame))[0][:2], (0.0, 0.0)) < 2.5
            assert math.dist(target[:2], (0.0, 0.0)) < 6.0


def test_an_asset_is_a_whole_character(blender: Blender, tmp_path: Path) -> None:
    blender.run(
        "demo.characters.render", "--out", tmp_path, "--shots", "training-01", "--size", "64x36", "--samples", "1"
    )
    plate = open_plate(tmp_path / "training-01")
    assert len(plate.numbers) == SHOTS["training-01"].frames
    frame = plate.read(1, extra=lambda name: "Crypto" in name)
    layers = list_layers(frame.header, frame.channels)
    seen = {}
    for kind in ("CryptoAsset", "CryptoObject"):
        channels = {name: pixels for name, pixels in frame.channels.items() if is_layer_channel(name, kind)}
        seen[kind] = names_in(find_layer(layers, kind), channels)
    figures = {figure.name for figure in SHOTS["training-01"].figures}
    assert len(figures & seen["CryptoAsset"].keys()) >= 2
    for name in figures & seen["CryptoAsset"].keys():
        parts = sum(area for part, area in seen["CryptoObject"].items() if part.startswith(f"{name}."))
        assert math.isclose(parts, seen["CryptoAsset"][name], rel_tol=1e-3)
