"""Nothing is lost and nothing is stale: inputs, other people's files, killed writers, what a frame was made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline_shots import Listener, library, moving_plates, read_rgb, recipe, write_plate

from nst_backend.contract.errors import FramesFailed, InputError, NstError, UsageError
from nst_backend.contract.frames import FrameRange
from nst_backend.contract.messages import EventKind
from nst_backend.media.exr import write_exr
from nst_backend.media.images import write_image
from nst_backend.media.plate import Frame
from nst_backend.pipeline.contact_sheet import contact_sheet
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.manifest import Manifest, work_folder
from nst_backend.pipeline.output import FrameFiles
from nst_backend.pipeline.plan import plan_runs
from nst_backend.pipeline.preview import preview_frame
from nst_backend.pipeline.shot import Shot
from nst_backend.pipeline.summary import JobSummary
from nst_backend.styles.library import StyleLibrary

STYLED = [{"name": "all", "matte": {"everything": {}}, "style": "stripes", "scale": 10.0}]
MATTED = [{**STYLED[0], "matte": {"images": {"path": "roto.####.png"}}}]


@pytest.fixture(scope="module")
def styles(tmp_path_factory: pytest.TempPathFactory) -> StyleLibrary:
    return library(tmp_path_factory.mktemp("styles"))


def run(folder: Path, styles: StyleLibrary, *, frames: str | None = None, **parts: Any) -> JobSummary:
    overwrite = parts.pop("overwrite", False)
    wanted = None if frames is None else FrameRange.parse(frames)
    shot = recipe(**{"regions": STYLED, **parts})
    return run_job(shot, base=folder, frames=wanted, overwrite=overwrite, reporter=Listener(), library=styles)


def paint_mattes(folder: Path, numbers: range, value: float = 0.5) -> None:
    for number in numbers:
        write_image(folder / f"roto.{number:04d}.png", np.full((36, 48, 3), value, np.float32))


@pytest.mark.parametrize(
    "output",
    [
        {"path": "plate.####.exr"},
        {"path": "sub/../plate.%04d.exr"},
        {"path": "link/plate.####.exr"},
        {"path": "plate.00##.exr"},
        {"path": "out/styled.####.exr", "per_frame": "plate.####.exr"},
        {"path": "roto.####.png", "depth": "8"},
    ],
)
def test_no_output_replaces_an_input(tmp_path: Path, styles: StyleLibrary, output: dict[str, Any]) -> None:
    moving_plates(tmp_path, 2)
    paint_mattes(tmp_path, range(1, 3))
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.glob("*.*.*")}
    for overwrite in (False, True):
        with pytest.raises(UsageError):
            run(tmp_path, styles, regions=MATTED, output=output, overwrite=overwrite)
    assert len(before) == 4
    assert {path: path.read_bytes() for path in before} == before


def test_previews_and_sheets_replace_no_input(tmp_path: Path, styles: StyleLibrary) -> None:
    moving_plates(tmp_path, 2)
    paint_mattes(tmp_path, range(1, 3))
    run(tmp_path, styles, regions=MATTED)
    target = tmp_path / "roto.0001.png"
    before = target.read_bytes()
    parts: dict[str, Any] = {"base": tmp_path, "output": target, "reporter": Listener(), "library": styles}
    with pytest.raises(UsageError, match="would be replaced"):
        preview_frame(recipe(regions=MATTED), number=1, **parts)
    with pytest.raises(UsageError, match="would be replaced"):
        contact_sheet(recipe(regions=MATTED), numbers=[1], **parts)
    assert target.read_bytes() == before


def test_frames_before_stabilising_have_a_place_of_their_own(tmp_path: Path, styles: StyleLibrary) -> None:
    moving_plates(tmp_path, 2)
    with pytest.raises(UsageError, match="per_frame"):
        run(tmp_path, styles, output={"per_frame": "out/styled.%04d.exr"})
    (tmp_path / "mine.0002.exr").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"mine\.0002\.exr is there"):
        run(tmp_path, styles, output={"per_frame": "mine.####.exr"})
    assert (tmp_path / "mine.0002.exr").read_bytes() == b"mine"
    run(tmp_path, styles, output={"per_frame": "side/plain.####.exr"})
    assert run(tmp_path, styles, output={"per_frame": "side/plain.####.exr"}).skipped == [1, 2]


def test_a_repainted_matte_redoes_its_frame(tmp_path: Path, styles: StyleLibrary) -> None:
    moving_plates(tmp_path, 3)
    paint_mattes(tmp_path, range(1, 4))
    run(tmp_path, styles, regions=MATTED)
    paint_mattes(tmp_path, range(2, 3), 1.0)
    summary = run(tmp_path, styles, regions=MATTED)
    assert (summary.skipped, summary.styled) == ([1, 3], [2])


@pytest.mark.parametrize("plate", ["plate.####.exr", "."])
def test_a_changed_side_car_manifest_redoes_the_frames_that_name_it(
    tmp_path: Path, styles: StyleLibrary, plate: str
) -> None:
    folder = tmp_path / "shot"
    folder.mkdir()
    ids = np.full((36, 48), 0x3F1F2E3D, np.uint32)
    ids[:, 24:] = 0x3E4F2E3D
    channels = {f"CryptoObject00.{name}": np.zeros_like(ids, np.float32) for name in "ba"}
    channels |= {"CryptoObject00.r": ids.view(np.float32), "CryptoObject00.g": np.ones((36, 48), np.float32)}
    for number in (1, 2, 3):
        attributes = {
            "cryptomatte/1a2b3c4/name": "CryptoObject",
            "cryptomatte/1a2b3c4/hash": "MurmurHash3_32",
            "cryptomatte/1a2b3c4/conversion": "uint32_to_float32",
            "cryptomatte/1a2b3c4/manif_file": "names.json" if number != 2 else "names2.json",
        }
        colour = {name: np.full((36, 48), 0.4, np.float32) for name in "RGB"}
        write_exr(folder / f"plate.{number:04d}.exr", {**colour, **channels}, attributes=attributes)
    names = {"Hero left": "3f1f2e3d", "Tree": "3e4f2e3d"}
    for name in ("names.json", "names2.json"):
        (folder / name).write_text(json.dumps(names))
    parts: dict[str, Any] = {
        "plate": {"path": plate},
        "regions": [{**STYLED[0], "matte": {"cryptomatte": {"names": ["Hero*"]}}}],
        "output": {"path": "../out/styled.####.exr"},
    }
    assert run(folder, styles, **parts).styled == [1, 2, 3]
    assert run(folder, styles, **parts).styled == []
    (folder / "names.json").write_text(json.dumps({"Tree": "3f1f2e3d", "Hero right": "3e4f2e3d"}))
    before = read_rgb(tmp_path / "out/styled.0003.exr")
    summary = run(folder, styles, **parts)
    assert (summary.skipped, summary.styled) == ([2], [1, 3])
    after = read_rgb(tmp_path / "out/styled.0003.exr")
    assert np.array_equal(after[:, :20], np.full((36, 20, 3), 0.4, np.float32))
    assert not np.array_equal(before[:, :20], after[:, :20])
    with pytest.raises(UsageError, match="would be replaced"):
        contact_sheet(recipe(**parts), base=folder, numbers=[1], output=folder / "names.json", reporter=Listener(),
                      library=styles)  # fmt: skip


def test_a_frame_whose_matte_is_unreadable_fails_alone(tmp_path: Path, styles: StyleLibrary) -> None:
    moving_plates(tmp_path, 4)
    paint_mattes(tmp_path, range(1, 5))
    (tmp_path / "roto.0002.png").unlink()
    (tmp_path / "roto.0003.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    listener = Listener()
    with pytest.raises(FramesFailed):
        run_job(recipe(regions=MATTED), base=tmp_path, reporter=listener, library=styles)
    assert [event["frame"] for event in listener.of(EventKind.ERROR)] == [2, 3]
    assert sorted(path.name for path in (tmp_path / "out").glob("*.exr")) == ["styled.0001.exr", "styled.0004.exr"]


def test_what_the_tones_were_measured_on_redoes_every_frame(tmp_path: Path, styles: StyleLibrary) -> None:
    moving_plates(tmp_path, 4)
    run(tmp_path, styles)
    write_plate(tmp_path / "plate.0004.exr", np.full((36, 48, 3), 3.0, np.float32))
    run(tmp_path, styles)
    run(tmp_path, styles, output={"path": "fresh/styled.####.exr"})
    for number in range(1, 5):
        resumed, fresh = (tmp_path / folder / f"styled.{number:04d}.exr" for folder in ("out", "fresh"))
        assert np.array_equal(read_rgb(resumed), read_rgb(fresh))


def test_a_missing_last_frame_does_not_keep_the_others_from_being_styled(tmp_path: Path, styles: StyleLibrary) -> None:
    moving_plates(tmp_path, 3)
    with pytest.raises(FramesFailed, match=r"1 of 4 frames failed \(4\)"):
        run(tmp_path, styles, plate={"frames": "1-4"})
    assert len(list((tmp_path / "out").glob("*.exr"))) == 3


def test_frames_picked_here_and_there_are_those_of_the_film(tmp_path: Path, styles: StyleLibrary) -> None:
    moving_plates(tmp_path, 8)
    stable: dict[str, Any] = {"temporal": {"smoothing": 0.5}}
    run(tmp_path, styles, **stable)
    run(tmp_path, styles, frames="2,5,8", output={"path": "few/styled.####.exr"}, **stable)
    for number in (2, 5, 8):
        one, other = (read_rgb(tmp_path / folder / f"styled.{number:04d}.exr") for folder in ("out", "few"))
        assert np.abs(one - other).max() <= 1 / 255
    assert len(list((tmp_path / "few").glob("*.exr"))) == 3


def test_a_frame_whose_writer_was_killed_is_known_for_its_own(
    tmp_path: Path, styles: StyleLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving_plates(tmp_path, 3)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        # Between the frame on the disk and its line in the manifest.
        patch.setattr(Manifest, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, styles)
    assert (tmp_path / "out/styled.0001.exr").is_file()
    assert run(tmp_path, styles).styled == [1, 2, 3]


def test_a_torn_line_costs_only_its_own_frame(tmp_path: Path, styles: StyleLibrary) -> None:
    moving_plates(tmp_path, 3)
    run(tmp_path, styles)
    manifest = work_folder(tmp_path / "out/styled.####.exr") / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-9] + b"\xff")
    assert run(tmp_path, styles).styled == [3]
    assert run(tmp_path, styles).skipped == [1, 2, 3]


def test_a_folder_that_goes_between_claim_and_frame_loses_nothing(
    tmp_path: Path, styles: StyleLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving_plates(tmp_path, 3)
    write = FrameFiles.write

    def taken_away(files: FrameFiles, number: int, *rest: Any) -> Path:
        if number == 2:
            (tmp_path / "out").rename(tmp_path / "gone")
        return write(files, number, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(FrameFiles, "write", taken_away)
        with pytest.raises(NstError, match="its folder does not exist: make the folder or correct the path"):
            run(tmp_path, styles)
    assert not (tmp_path / "out").exists(), "a folder without the manifest"
    summary = run(tmp_path, styles, output={"path": "gone/styled.####.exr"})
    assert (summary.skipped, summary.styled) == ([1], [2, 3])
    assert run(tmp_path, styles).styled == [1, 2, 3]


WINDOW = {"smoothing": 0.5, "mode": "window"}


@pytest.mark.parametrize(("temporal", "again"), [({"smoothing": 0.5}, [5, 6, 7, 8]), (WINDOW, [5, 6, 7])], ids=str)
def test_frames_after_one_that_failed_are_done_again_when_it_can_be_had(
    tmp_path: Path, styles: StyleLibrary, monkeypatch: pytest.MonkeyPatch, temporal: dict[str, Any], again: list[int]
) -> None:
    """The plate is there as before and after, so that nothing but the failure itself can tell."""
    moving_plates(tmp_path, 8)
    read = Shot.read_frame

    def unreachable(shot: Shot, number: int) -> Frame:
        if number == 3:
            raise InputError("the drive does not answer", remedy="wait")
        return read(shot, number)

    chunk: dict[str, Any] = {"frames": "5-8", "temporal": temporal}
    with monkeypatch.context() as patch:
        patch.setattr(Shot, "read_frame", unreachable)
        assert run(tmp_path, styles, **chunk).styled == [5, 6, 7, 8]
    assert run(tmp_path, styles, **chunk).styled == again
    assert run(tmp_path, styles, **chunk).styled == []
    run(tmp_path, styles, **chunk, output={"path": "fresh/styled.####.exr"})
    for number in range(5, 9):
        one, other = (tmp_path / folder / f"styled.{number:04d}.exr" for folder in ("out", "fresh"))
        assert one.read_bytes() == other.read_bytes()


def test_frames_after_one_that_is_missing_stay_until_it_is_there(tmp_path: Path, styles: StyleLibrary) -> None:
    moving_plates(tmp_path, 6)
    lost = tmp_path / "plate.0002.exr"
    lost.rename(tmp_path / "lost")
    chunk: dict[str, Any] = {"frames": "4-6", "temporal": {"smoothing": 0.5}, "plate": {"frames": "1-6"}}
    assert run(tmp_path, styles, **chunk).styled == [4, 5, 6]
    assert run(tmp_path, styles, **chunk).skipped == [4, 5, 6]
    (tmp_path / "lost").rename(lost)
    assert run(tmp_path, styles, **chunk).styled == [4, 5, 6]


def test_a_history_whose_plate_has_gone_is_none(
    tmp_path: Path, styles: StyleLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving_plates(tmp_path, 6)
    smooth: dict[str, Any] = {"temporal": {"smoothing": 0.5}}
    run(tmp_path, styles, frames="1-3", **smooth)
    read = Shot.read_frame

    def unreachable(shot: Shot, number: int) -> Frame:
        if number == 3:
            raise InputError("the drive does not answer", remedy="wait")
        return read(shot, number)

    with monkeypatch.context() as patch:
        patch.setattr(Shot, "read_frame", unreachable)
        with pytest.raises(FramesFailed, match=r"\(3\)"):
            run(tmp_path, styles, **smooth)
    assert run(tmp_path, styles, **smooth).styled == [4, 5, 6]
    run(tmp_path, styles, **smooth, output={"path": "fresh/styled.####.exr"})
    for number in range(1, 7):
        one, other = (tmp_path / folder / f"styled.{number:04d}.exr" for folder in ("out", "fresh"))
        assert one.read_bytes() == other.read_bytes()


def test_scales_that_cannot_be_painted_are_refused_before_the_first_frame(tmp_path: Path, styles: StyleLibrary) -> None:
    moving_plates(tmp_path, 3, size=(96, 36))
    with pytest.raises(UsageError, match="larger scale"):
        run(tmp_path, styles, regions=[{**STYLED[0], "scale": [[1, 10.0], [3, 0.1]]}])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("size", ["inf%", "-inf%", "nan%", "0%", "1e400%", "9" * 400 + "x1", "x", "", "1x1x1", "½x2"])
def test_sizes_that_are_none(tmp_path: Path, styles: StyleLibrary, size: str) -> None:
    moving_plates(tmp_path, 1)
    with pytest.raises(UsageError, match="size"):
        run(tmp_path, styles, output={"size": size})


def test_each_output_has_its_own_work_folder(tmp_path: Path) -> None:
    assert work_folder(tmp_path / "a b.####.exr") != work_folder(tmp_path / "a_b.####.exr")
    assert work_folder(tmp_path / "a.####.exr") == work_folder(tmp_path / "a.%04d.exr")


def test_a_folder_may_be_named_like_a_pattern(tmp_path: Path, styles: StyleLibrary) -> None:
    (tmp_path / "100%d #1").mkdir()
    moving_plates(tmp_path / "100%d #1", 2)
    assert run(tmp_path, styles, plate={"path": "100%d #1"}).styled == [1, 2]


def test_an_output_folder_that_vanishes_is_said(
    tmp_path: Path, styles: StyleLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving_plates(tmp_path, 2)
    (tmp_path / "side").write_bytes(b"a file where a folder is asked for")
    with pytest.raises(NstError, match="cannot be written"):
        run(tmp_path, styles, output={"per_frame": "side/plain.####.exr"})


@given(st.sets(st.integers(0, 40), min_size=1), st.data(), st.integers(0, 12))
def test_runs_hold_each_frame_with_its_preroll(shot: set[int], data: st.DataObject, preroll: int) -> None:
    numbers = sorted(shot)
    wanted = sorted(data.draw(st.sets(st.sampled_from(numbers), min_size=1)))
    runs = plan_runs(numbers, wanted, preroll)
    styled = [number for one in runs for number in one.frames]
    assert styled == sorted(set(styled))
    for number in wanted:
        (run_of,) = [one for one in runs if number in one.frames]
        at, place = run_of.frames.index(number), numbers.index(number)
        assert at >= min(preroll, place)
        assert run_of.frames == tuple(numbers[place - at : place - at + len(run_of.frames)])
        assert run_of.complete == (run_of.frames[0] == numbers[0])
    assert len(styled) <= len(wanted) * (preroll + 1)
