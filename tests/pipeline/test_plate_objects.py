"""The objects of a plate: found once, kept beside it, told apart by number, asked for by recipes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest
from pipeline_shots import Listener, library, recipe

from nst_backend.contract.errors import CancelledByUser, InputError, UsageError
from nst_backend.contract.messages import EventKind
from nst_backend.image.boxes import bounding_box
from nst_backend.mattes.shot_objects import ShotObjects
from nst_backend.media.images import write_image
from nst_backend.media.plate import open_plate
from nst_backend.pipeline import objects as module
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.objects import plate_objects, summary_of
from nst_backend.pipeline.shot import Shot, open_shot
from nst_backend.pipeline.styling import region_weights
from nst_backend.segmentation.detection import Detection, Picture

COUNT = 6
HEIGHT, WIDTH = 72, 128
BOX, DISC = np.array([0.9, 0.1, 0.1], np.float32), np.array([0.1, 0.2, 0.9], np.float32)


def box_matte(number: int) -> np.ndarray:
    matte = np.zeros((HEIGHT, WIDTH), bool)
    matte[20:44, 10 + 3 * number : 40 + 3 * number] = True
    return matte


def disc_matte(number: int) -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.asarray((y - 50) ** 2 + (x - 100 + 2 * number) ** 2 < 14**2)


def write_frame(path: Path, number: int) -> None:
    rng = np.random.default_rng(3)
    picture = 0.35 + 0.3 * rng.random((HEIGHT, WIDTH, 3), dtype=np.float32)
    picture[box_matte(number)] = BOX
    picture[disc_matte(number)] = DISC
    write_image(path, picture)


class ColourSegmenter:
    """Finds the two colours of the plates, as coarsely as a network would."""

    classes = ("box", "disc", "dog")
    instances = True

    def __init__(self) -> None:
        self.seen = 0

    def detect(self, pictures: Sequence[Picture]) -> list[list[Detection]]:
        return [self._one(picture) for picture in pictures]

    def _one(self, picture: Picture) -> list[Detection]:
        self.seen += 1
        found = []
        for label, colour in (("box", BOX), ("disc", DISC)):
            matte = (np.abs(picture - colour).max(axis=2) < 0.2).astype(np.float32)
            box = bounding_box(matte)
            if box is not None:
                found.append(Detection(label=label, score=0.9, box=box, mask=matte[box.slices]))
        return found


@pytest.fixture
def segmenter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ColourSegmenter:
    """What every recipe gets for its network, whatever it names."""
    made = ColourSegmenter()
    monkeypatch.setattr(module, "open_segmenter", lambda name, **options: made)
    monkeypatch.setattr(module, "segmenter_identity", lambda name, **options: {"name": name})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shot"
    made.mkdir()
    for number in range(1, COUNT + 1):
        write_frame(made / f"plate.{number:04d}.png", number)
    return made


def asking(matte: dict[str, Any] | None = None, **parts: Any) -> Any:
    regions = [{"name": "hero", "matte": {"instances": matte or {"classes": ["box"]}}, "style": "swirl"}]
    return recipe(**{"plate": {"path": "plate.####.png"}, "regions": regions, **parts})


def find(folder: Path, frames: str | None = None, listener: Listener | None = None, model: str = "any") -> ShotObjects:
    asked = asking(plate={"path": "plate.####.png", "frames": frames})
    plate = open_plate("plate.####.png", base=folder)
    return plate_objects(asked, plate, base=folder, reporter=listener or Listener()).find(model)


def opened(folder: Path, tmp_path: Path, matte: dict[str, Any], listener: Listener | None = None, **how: Any) -> Shot:
    reporter = listener or Listener()
    return open_shot(asking(matte), base=folder, reporter=reporter, library=library(tmp_path / "styles"), **how)


def test_they_are_found_followed_and_told(folder: Path, segmenter: ColourSegmenter) -> None:
    listener = Listener()
    found = find(folder, listener=listener)
    assert [(entry.name, entry.first, entry.last, entry.frames) for entry in found.list.objects] == [
        ("box 1", 1, COUNT, COUNT),
        ("disc 2", 1, COUNT, COUNT),
    ]
    assert found.folder.parent.parent == folder / ".brushpass"
    told = summary_of(found)
    assert told["frames"] == f"1-{COUNT}"
    assert told["objects"][0]["area"] == pytest.approx(box_matte(1).mean(), rel=0.15)
    picture = oiio.ImageBuf(str(found.thumbnail(1)))
    assert picture.spec().width == picture.spec().height == 96
    assert {event["stage"] for event in listener.of(EventKind.PROGRESS)} >= {"find", "mattes"}


def test_the_mattes_cover_what_was_found_and_any_program_reads_them(folder: Path, segmenter: ColourSegmenter) -> None:
    found = find(folder)
    image = oiio.ImageInput.open(str(found.file(3)))
    attributes = {entry.name: entry.value for entry in image.spec().extra_attribs}
    image.close()
    assert "objects" in [value for name, value in attributes.items() if name.endswith("/name")]
    manifest = next(value for name, value in attributes.items() if name.endswith("/manifest"))
    assert '"box 1"' in manifest
    assert '"disc 2"' in manifest


def test_they_are_found_once_for_all_recipes(folder: Path, segmenter: ColourSegmenter) -> None:
    first = find(folder)
    assert segmenter.seen == COUNT
    assert find(folder).folder == first.folder
    # A part of the shot is a part of what was looked at.
    assert find(folder, frames="2-4").folder == first.folder
    assert segmenter.seen == COUNT
    # Another network is another list.
    assert find(folder, model="other").folder != first.folder
    assert segmenter.seen == 2 * COUNT


def test_a_changed_frame_is_looked_at_again_and_the_old_list_goes(folder: Path, segmenter: ColourSegmenter) -> None:
    first = find(folder)
    write_frame(folder / "plate.0003.png", 2)
    second = find(folder)
    assert second.folder != first.folder
    assert not first.folder.exists()
    assert segmenter.seen == 2 * COUNT


def test_of_two_jobs_one_finds_and_the_other_waits(folder: Path, segmenter: ColourSegmenter) -> None:
    found: list[ShotObjects] = []
    threads = [threading.Thread(target=lambda: found.append(find(folder))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert segmenter.seen == COUNT
    assert found[0].list == found[1].list


def test_a_job_that_was_stopped_leaves_no_list_and_the_next_makes_it(folder: Path, segmenter: ColourSegmenter) -> None:
    with pytest.raises(CancelledByUser):
        find(folder, listener=Listener(stop_after=COUNT + 2))
    assert not list(folder.rglob("objects.json"))
    assert len(find(folder).list.objects) == 2


def test_where_nothing_may_be_written_they_lie_in_the_cache(
    folder: Path, segmenter: ColourSegmenter, tmp_path: Path
) -> None:
    (folder / ".brushpass").write_text("in the way")
    found = find(folder)
    assert found.folder.is_relative_to(tmp_path / "cache")
    assert find(folder).folder == found.folder


def test_a_frame_of_another_size_is_said(folder: Path, segmenter: ColourSegmenter) -> None:
    write_image(folder / "plate.0004.png", np.zeros((40, 60, 3), np.float32))
    with pytest.raises(InputError, match="frame 4"):
        find(folder)


@pytest.mark.parametrize(
    "matte",
    [
        {"classes": ["box"]},
        {"ids": [1]},
        {"at": [{"frame": 5, "x": 40, "y": 30}]},
        {"area": 0.075},
    ],
)
def test_a_region_is_the_object_that_its_matte_names(
    folder: Path, tmp_path: Path, segmenter: ColourSegmenter, matte: dict[str, Any]
) -> None:
    shot = opened(folder, tmp_path, matte)
    for number in (1, 4):
        weight = region_weights(shot, shot.read(number))["hero"]
        wanted = box_matte(number) & ~disc_matte(number)
        inter = np.minimum(weight, wanted).sum()
        assert inter / np.maximum(weight, wanted).sum() > 0.9


def test_mattes_of_objects_combine_with_others(folder: Path, tmp_path: Path, segmenter: ColourSegmenter) -> None:
    both = {"union": [{"instances": {"classes": ["box"]}}, {"instances": {"classes": ["disc"]}}]}
    matte = {"subtract": [{"everything": {}}, {"grow": {"matte": both, "distance": 15}}]}
    regions = [{"name": "rest", "matte": matte, "style": "swirl"}]
    asked = recipe(plate={"path": "plate.####.png"}, regions=regions)
    shot = open_shot(asked, base=folder, reporter=Listener(), library=library(tmp_path / "styles"))
    weight = region_weights(shot, shot.read(2))["rest"]
    assert weight[box_matte(2) | disc_matte(2)].max() < 0.05
    assert weight[:10].min() == 1.0
    assert segmenter.seen == COUNT


@pytest.mark.parametrize(
    ("matte", "problem", "remedy"),
    [
        ({"classes": ["bocks"]}, "does not know 'bocks'", "box"),
        ({"ids": [7]}, "no object 7", "box 1, disc 2"),
        ({"at": [{"frame": 1, "x": 2, "y": 2}]}, "no object at", "by number"),
        ({"at": [{"frame": 99, "x": 2, "y": 2}]}, "frame 99", ""),
        ({"at": [{"frame": 1, "x": 2000, "y": 2}]}, "outside", "128x72"),
    ],
)
def test_what_is_not_there_is_said(
    folder: Path, tmp_path: Path, segmenter: ColourSegmenter, matte: dict[str, Any], problem: str, remedy: str
) -> None:
    with pytest.raises((UsageError, InputError)) as caught:
        opened(folder, tmp_path, matte)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


def test_a_choice_of_nothing_is_warned_of_with_what_was_seen(
    folder: Path, tmp_path: Path, segmenter: ColourSegmenter
) -> None:
    listener = Listener()
    shot = opened(folder, tmp_path, {"classes": ["dog"]}, listener)
    warning = listener.of(EventKind.WARNING)[0]["problem"]
    assert "1 box, 1 disc" in warning
    assert "hero" in warning
    assert region_weights(shot, shot.read(1))["hero"].max() == 0.0


def test_a_preview_does_not_look_for_them(folder: Path, tmp_path: Path, segmenter: ColourSegmenter) -> None:
    shot = opened(folder, tmp_path, {"classes": ["box"]}, find=False)
    assert segmenter.seen == 0
    with pytest.raises(UsageError, match="find its objects first"):
        region_weights(shot, shot.read(1))
    find(folder, model="mask_rcnn")
    shot = opened(folder, tmp_path, {"classes": ["box"]}, find=False)
    assert region_weights(shot, shot.read(1))["hero"].max() > 0.9


def test_a_job_finds_them_and_redoes_what_depends_on_them(
    folder: Path, tmp_path: Path, segmenter: ColourSegmenter
) -> None:
    styles = library(tmp_path / "styles")

    def styled(matte: dict[str, Any]) -> tuple[int, ...]:
        made = run_job(asking(matte), base=folder, reporter=Listener(), library=styles)
        return tuple(made.styled)

    everything = tuple(range(1, COUNT + 1))
    assert styled({"classes": ["box"]}) == everything
    assert styled({"classes": ["box"]}) == ()
    assert styled({"classes": ["disc"]}) == everything
    write_frame(folder / "plate.0006.png", 5)
    assert styled({"classes": ["disc"]}) == everything
