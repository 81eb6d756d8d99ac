"""Jobs: resume, chunks, order of regions, bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipeline_shots import Listener, library, moving_plates, read_rgb, recipe, write_plate

from nst_backend.contract.errors import (
    CancelledByUser,
    ExitCode,
    FramesFailed,
    InputError,
    NstError,
    UsageError,
)
from nst_backend.contract.frames import FrameRange
from nst_backend.contract.messages import EventKind
from nst_backend.media.exr import read_exr
from nst_backend.media.images import write_image
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.preview import preview_frame

STYLED = [{"name": "all", "matte": {"everything": {}}, "style": "stripes", "scale": 10.0}]
STABLE = {"smoothing": 0.6}


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "out").glob("*.exr"))}


def test_resumed_equals_uninterrupted_bit_for_bit(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    styles = library(tmp_path / "styles")
    for folder in (whole, broken):
        folder.mkdir()
        moving_plates(folder, 6)
    shot = recipe(regions=STYLED, temporal=STABLE)
    run_job(shot, base=whole, reporter=Listener(), library=styles)
    for stop in (1, 2):
        with pytest.raises(CancelledByUser) as caught:
            run_job(shot, base=broken, reporter=Listener(stop), library=styles)
        assert caught.value.exit_code == ExitCode.CANCELLED
    summary = run_job(shot, base=broken, reporter=Listener(), library=styles)
    assert summary.skipped == [1, 2, 3]
    assert summary.prerolled == 0
    assert outputs(broken) == outputs(whole)


def test_a_second_run_does_nothing(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 3)
    shot = recipe(regions=STYLED, temporal=STABLE)
    run_job(shot, base=tmp_path, reporter=Listener(), library=styles)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.exr")}
    summary = run_job(shot, base=tmp_path, reporter=Listener(), library=styles)
    assert summary.styled == []
    assert summary.skipped == [1, 2, 3]
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_a_changed_plate_redoes_it_and_what_depends_on_it(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 4)
    shot = recipe(regions=STYLED, temporal=STABLE)
    run_job(shot, base=tmp_path, reporter=Listener(), library=styles)
    write_plate(tmp_path / "plate.0003.exr", np.full((36, 48, 3), 0.3, np.float32))
    summary = run_job(shot, base=tmp_path, reporter=Listener(), library=styles)
    assert summary.skipped == [1, 2]
    assert summary.styled == [3, 4]


def test_a_chunk_agrees_with_the_whole_shot(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    styles = library(tmp_path / "styles")
    for folder in (whole, parts):
        folder.mkdir()
        moving_plates(folder, 16)
    shot = recipe(regions=STYLED, temporal={"smoothing": 0.5})
    run_job(shot, base=whole, reporter=Listener(), library=styles)
    # Chunks on machines of their own: nothing of one is there for the other.
    for chunk in ("1-8", "13-16"):
        fresh = recipe(regions=STYLED, temporal={"smoothing": 0.5}, output={"path": f"out_{chunk}/styled.####.exr"})
        summary = run_job(fresh, base=parts, frames=FrameRange.parse(chunk), reporter=Listener(), library=styles)
        assert summary.prerolled == (0 if chunk == "1-8" else 8)
        for number in FrameRange.parse(chunk):
            one = read_rgb(whole / f"out/styled.{number:04d}.exr")
            other = read_rgb(parts / f"out_{chunk}/styled.{number:04d}.exr")
            assert np.abs(one - other).max() <= 1 / 255


def test_missing_and_broken_frames_fail_alone(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 5)
    (tmp_path / "plate.0002.exr").unlink()
    broken = tmp_path / "plate.0004.exr"
    broken.write_bytes(broken.read_bytes()[:-700])
    listener = Listener()
    with pytest.raises(FramesFailed, match="2 of 5 frames failed") as caught:
        run_job(
            recipe(plate={"frames": "1-5"}, regions=STYLED, temporal=STABLE),
            base=tmp_path,
            reporter=listener,
            library=styles,
        )
    assert caught.value.exit_code == ExitCode.FRAMES_FAILED
    assert sorted(outputs(tmp_path)) == ["styled.0001.exr", "styled.0003.exr", "styled.0005.exr"]
    assert [event["frame"] for event in listener.of(EventKind.ERROR)] == [2, 4]
    assert all(event["remedy"] for event in listener.of(EventKind.ERROR))


def test_strength_key_acts_on_its_own_frame(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 4)
    keyed = [{**STYLED[0], "strength": [[2, 1.0], [3, 0.0]]}]
    run_job(recipe(regions=keyed, temporal={"smoothing": 0.9}), base=tmp_path, reporter=Listener(), library=styles)
    for number in (1, 2, 3, 4):
        plate = read_rgb(tmp_path / f"plate.{number:04d}.exr")
        styled = read_rgb(tmp_path / f"out/styled.{number:04d}.exr")
        if number >= 3:
            assert np.array_equal(styled, plate)
        else:
            assert np.abs(styled - plate).mean() > 0.05


def test_unstyled_pixels_are_the_plate_bit_for_bit_at_any_smoothing(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 4)
    matte = np.zeros((36, 48, 3), np.float32)
    matte[8:28, 10:30] = 1.0
    write_image(tmp_path / "matte.png", matte)
    regions = [{**STYLED[0], "matte": {"images": {"path": "matte.png"}}}]
    run_job(recipe(regions=regions, temporal={"smoothing": 0.9}), base=tmp_path, reporter=Listener(), library=styles)
    for number in (1, 2, 3, 4):
        plate = read_rgb(tmp_path / f"plate.{number:04d}.exr")
        styled = read_rgb(tmp_path / f"out/styled.{number:04d}.exr")
        outside = matte[:, :, 0] == 0.0
        assert np.array_equal(styled[outside], plate[outside])
        assert np.abs(styled - plate)[~outside].mean() > 0.05


def test_regions_in_front_cover_those_behind(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 1)
    regions = [
        {"name": "front", "matte": {"everything": {}}, "style": "stripes", "scale": 10.0},
        {"name": "behind", "matte": {"everything": {}}, "style": "swirl", "scale": 10.0},
    ]
    run_job(recipe(regions=regions), base=tmp_path, reporter=Listener(), library=styles)
    both = read_rgb(tmp_path / "out/styled.0001.exr")
    run_job(
        recipe(regions=regions[:1], output={"path": "alone/styled.####.exr"}),
        base=tmp_path,
        reporter=Listener(),
        library=styles,
    )
    assert np.array_equal(both, read_rgb(tmp_path / "alone/styled.0001.exr"))


def test_output_carries_mattes_and_the_plates_channels(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    depth = np.linspace(1, 9, 36 * 48, dtype=np.float32).reshape(36, 48)
    write_plate(tmp_path / "plate.0001.exr", np.full((36, 48, 3), 0.4, np.float32), **{"ViewLayer.Depth.Z": depth})
    run_job(recipe(output={"keep_channels": True, "mattes": True}), base=tmp_path, reporter=Listener(), library=styles)
    channels = read_exr(tmp_path / "out/styled.0001.exr").channels
    assert np.array_equal(channels["ViewLayer.Depth.Z"], depth)
    assert np.array_equal(channels["matte.all"], np.ones((36, 48), np.float32))


def test_half_the_size_looks_alike(tmp_path: Path) -> None:
    """``scale`` refers to 1080 lines: a reduced job paints the same strokes, smaller."""
    from nst_backend.image.resample import resize

    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 1, size=(192, 144))
    styled = [{**STYLED[0], "scale": 1080 / 144}]
    run_job(recipe(regions=styled), base=tmp_path, reporter=Listener(), library=styles)
    run_job(
        recipe(regions=styled, output={"size": "50%", "path": "half/styled.####.exr"}),
        base=tmp_path,
        reporter=Listener(),
        library=styles,
    )
    full = resize(read_rgb(tmp_path / "out/styled.0001.exr"), (96, 72))
    half = read_rgb(tmp_path / "half/styled.0001.exr")
    assert half.shape == (72, 96, 3)
    inside = (slice(4, -4), slice(4, -4))
    correlation = np.corrcoef(full[inside].ravel(), half[inside].ravel())[0, 1]
    assert correlation > 0.9


@pytest.mark.parametrize(
    ("parts", "kind", "words"),
    [
        ({"regions": [{**STYLED[0], "style": "stripse"}]}, UsageError, "stripes"),
        ({"plate": {"frames": "50-60"}}, InputError, "1-2"),
        ({"plate": {"path": "plat.####.exr"}}, InputError, "plat"),
        ({"plate": {"colour_space": "ACEScc"}}, UsageError, "linear"),
        ({"output": {"path": "out/styled.exr"}}, UsageError, "####"),
        ({"output": {"path": "out/styled.####.gif"}}, UsageError, "suffix"),
        ({"output": {"depth": "8"}}, UsageError, "half or float"),
        ({"output": {"size": "big"}}, UsageError, "1920x1080"),
        ({"compute": {"device": "cuda:31"}}, UsageError, "auto or cpu"),
        ({"regions": [{**STYLED[0], "matte": {"images": {"path": "none.png"}}}]}, InputError, "none.png"),
        ({"regions": [{**STYLED[0], "matte": {"cryptomatte": {"names": ["Cube"]}}}]}, NstError, "ryptomatte"),
        ({"regions": [{**STYLED[0], "enabled": False}]}, UsageError, "enabled"),
    ],
    ids=str,
)
def test_bad_input_is_one_sentence_with_its_remedy(
    tmp_path: Path, parts: dict[str, Any], kind: type[NstError], words: str
) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 2)
    with pytest.raises(kind) as caught:
        run_job(recipe(**parts), base=tmp_path, reporter=Listener(), library=styles)
    sentence = caught.value.sentence()
    assert words in sentence
    assert "\n" not in sentence
    assert caught.value.remedy
    assert not list(tmp_path.glob("out/*.exr"))


def test_a_matte_of_another_size_says_both_sizes(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 1)
    write_image(tmp_path / "matte.png", np.ones((20, 30, 3), np.float32))
    regions = [{**STYLED[0], "matte": {"images": {"path": "matte.png"}}}]
    with pytest.raises(NstError, match=r"30.?x.?20") as caught:
        run_job(recipe(regions=regions), base=tmp_path, reporter=Listener(), library=styles)
    assert "48" in caught.value.sentence()


def test_somebody_elses_files_are_not_replaced(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 1)
    (tmp_path / "out").mkdir()
    precious = tmp_path / "out" / "styled.0001.exr"
    precious.write_bytes(b"precious")
    with pytest.raises(UsageError, match="--overwrite"):
        run_job(recipe(), base=tmp_path, reporter=Listener(), library=styles)
    assert precious.read_bytes() == b"precious"
    run_job(recipe(), base=tmp_path, reporter=Listener(), library=styles, overwrite=True)
    assert precious.read_bytes() != b"precious"


def test_a_preview_says_whether_it_prerolled(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 5)
    shot = recipe(regions=STYLED, temporal=STABLE)
    quick = preview_frame(shot, base=tmp_path, number=5, reporter=Listener(), library=styles)
    assert quick.prerolled == 0
    assert any("not stabilised" in note for note in quick.notes)
    full = preview_frame(shot, base=tmp_path, number=5, preroll=True, reporter=Listener(), library=styles)
    assert full.prerolled == 4
    assert not full.notes
    run_job(shot, base=tmp_path, reporter=Listener(), library=styles)
    from nst_backend.image.transfer import srgb_encode

    film = np.clip(srgb_encode(read_rgb(tmp_path / "out/styled.0005.exr")), 0, 1)
    np.testing.assert_allclose(full.picture, film, atol=1e-5)


def test_one_pass_agrees_with_separate_passes_inside_the_regions(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    rng = np.random.default_rng(8)
    write_plate(tmp_path / "plate.0001.exr", rng.random((64, 240, 3), dtype=np.float32) * 0.7)
    for name, columns in (("left", slice(0, 100)), ("right", slice(140, 240))):
        matte = np.zeros((64, 240, 3), np.float32)
        matte[:, columns] = 1.0
        write_image(tmp_path / f"{name}.png", matte)
    regions = [
        {"name": name, "matte": {"images": {"path": f"{name}.png"}}, "style": style, "scale": 10.0}
        for name, style in (("left", "stripes"), ("right", "swirl"))
    ]
    for mode in ("separate", "one_pass"):
        run_job(
            recipe(
                regions=regions,
                output={"path": f"{mode}/styled.####.exr"},
                compute={"regions": mode},
                plate={"exposure": 0.0},
            ),
            base=tmp_path,
            reporter=Listener(),
            library=styles,
        )
    one, other = (read_rgb(tmp_path / f"{mode}/styled.0001.exr") for mode in ("separate", "one_pass"))
    # The random network's margin is 24 px at its scale of 64 * 10 lines, 10 px here.
    for columns in (slice(0, 88), slice(152, 240)):
        assert np.abs(one[:, columns] - other[:, columns]).max() < 0.5 / 255
    plate = read_rgb(tmp_path / "plate.0001.exr")
    assert np.array_equal(other[:, 100:140], plate[:, 100:140])
    assert np.abs(other - plate)[:, :88].mean() > 0.05


def test_an_output_that_cannot_be_written_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 2)
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(NstError) as caught:
        run_job(recipe(), base=tmp_path, reporter=Listener(), library=styles)
    assert caught.value.remedy
    assert (tmp_path / "out").read_text() == "a file where the folder should be"
