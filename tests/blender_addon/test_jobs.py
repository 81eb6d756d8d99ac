"""Works and their queue without Blender: the real client and service, and children that say what Blender would."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest
from service_shots import environment, write_styles

FRAMES = 4
LONG = 240.0
SIZE = (64, 48)

Pure = Callable[[str], ModuleType]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A strip's folder; the service finds styles beside it."""
    write_styles(tmp_path / "styles")
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "Streifen ä"
    folder.mkdir()
    return folder


@pytest.fixture
def client(pure_package: Pure, tmp_path: Path) -> Iterator[Any]:
    process = pure_package("backend.process")
    made = pure_package("backend.client").Client(
        lambda: process.Launch(python=Path(sys.executable), log=tmp_path / "serve.log"), name="tests"
    )
    yield made
    made.stop()


class Shop:
    """Makes orders and works on one shelf."""

    def __init__(self, pure: Pure, shelf: Path, client: Any) -> None:
        self.pure, self.shelf, self.client = pure, shelf, client

    def order(self, *, frames: int = FRAMES, style: str = "swirl", isolated: bool = True, reuse: int = 0) -> Path:
        """A new version's folder with its order; ``isolated`` orders find their plate."""
        orders, versions = self.pure("jobs.order"), self.pure("sequencer.versions")
        number, folder = versions.claim_version(self.shelf, "v###")
        order = orders.Order(
            blend="/film/schnitt.blend",
            scene="Scene",
            strip="Streifen ä",
            mark="0" * 32,
            start=1,
            first=1001,
            last=1000 + frames,
            state="",
            version=number,
            version_pattern="v###",
            recipe={
                "version": 1,
                "plate": {"path": "unknown.png"},
                "regions": [{"name": "all", "matte": {"everything": {}}, "style": style, "scale": 10.0}],
                "temporal": {"smoothing": 0.6},
                "output": {"path": "unknown.png"},
                "compute": {"device": "cpu"},
            },
            isolated=isolated,
            reuse=reuse,
        )
        orders.save_order(folder, order)
        if isolated:
            self.plate(frames)
        else:
            orders.copy_file(folder).write_bytes(b"")
        return folder

    def plate(self, frames: int = FRAMES) -> None:
        """What the isolating Blender leaves."""
        plan = self.pure("sequencer.plan")
        folder = self.shelf / "plate"
        folder.mkdir(exist_ok=True)
        for number in range(1001, 1001 + frames):
            if not (folder / f"plate.{number}.png").exists():
                write_picture(folder / f"plate.{number}.png", number)
        described = plan.Plate(
            pattern="plate.####.png",
            picture="plate.####.png",
            first=1001,
            last=1000 + frames,
            width=SIZE[0],
            height=SIZE[1],
            encoding="display",
        )
        plan.save_plate(folder, described)

    def work(self, folder: Path, *, child: str = "raise SystemExit('not to be started')") -> Any:
        """The work of a version's order; ``child`` is a script that takes the isolating Blender's place."""
        script = folder / "child.py"
        script.write_text(textwrap.dedent(child), encoding="utf-8")
        return self.pure("jobs.work").Work(
            self.pure("jobs.order").load_order(folder),
            folder,
            backend=self.client,
            isolate=lambda spec: (sys.executable, str(script), str(spec)),
            scripts=False,
        )

    def digests(self, folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(folder.glob("styled.*"))}

    def outcome(self, folder: Path) -> str:
        return str(self.pure("jobs.order").load_order(folder).outcome)


@pytest.fixture
def shop(pure_package: Pure, shelf: Path, client: Any) -> Shop:
    return Shop(pure_package, shelf, client)


def write_picture(path: Path, number: int) -> None:
    pixels = np.random.default_rng(number).integers(0, 255, (*SIZE[::-1], 3), np.uint8)
    output = oiio.ImageOutput.create(str(path))
    output.open(str(path), oiio.ImageSpec(*SIZE, 3, "uint8"))
    output.write_image(pixels)
    output.close()


def wait_until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not met():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def test_a_work_styles_its_frames_and_says_so_on_disk(shop: Shop) -> None:
    folder = shop.order()
    work = shop.work(folder)
    work.run()
    progress = work.progress
    assert (progress.state.value, progress.fault, progress.styled) == ("done", None, FRAMES)
    assert list(shop.digests(folder)) == [f"styled.{number}.png" for number in range(1001, 1005)]
    assert shop.outcome(folder) == "done"
    assert shop.pure("jobs.order").unfinished(shop.shelf, "v###") is None
    # Until a styled frame is there its plate is shown, from the same folder.
    assert (folder / "plate.1001.png").read_bytes() == (shop.shelf / "plate" / "plate.1001.png").read_bytes()
    assert not shop.client.is_open(work.id)


def test_cancelled_in_mid_job_another_work_goes_on_to_the_same_bytes(shop: Shop) -> None:
    whole, part = shop.order(frames=30), shop.order(frames=30)
    shop.work(whole).run()
    work = shop.work(part)
    thread = threading.Thread(target=work.run)
    thread.start()
    wait_until(lambda: work.progress.styled >= 1)
    work.cancel()
    thread.join(LONG)
    assert work.progress.state.value == "cancelled"
    assert shop.outcome(part) == "cancelled"
    kept = len(shop.digests(part))
    assert 1 <= kept < 30
    assert work.cancelled_in_words() == f"Cancelled: {kept} of 30 frames are kept, Resume goes on from there"
    found = shop.pure("jobs.order").unfinished(shop.shelf, "v###")
    assert found is not None
    assert found[0] == part
    shop.work(part).run()
    assert shop.digests(part) == shop.digests(whole)


def test_the_queue_does_one_after_another_and_cancels_those_that_wait(shop: Shop) -> None:
    queue = shop.pure("jobs.queue").Queue()
    works = [shop.work(shop.order(frames=30)) for _ in range(3)]
    for work in works:
        queue.add(work)
    wait_until(lambda: works[0].progress.styled >= 1)
    assert [work.progress.state.value for work in works[1:]] == ["waiting", "waiting"]
    queue.cancel(works[1].id)
    queue.cancel(works[0].id)
    wait_until(lambda: not queue.busy)
    assert [work.progress.state.value for work in works] == ["cancelled", "cancelled", "done"]
    assert shop.digests(works[1].folder) == {}
    assert works[1].progress.kept == 0
    queue.dismiss(works[0])
    assert queue.works == tuple(works[1:])
    queue.stop(LONG)


def test_a_backend_that_does_not_start_fails_one_work_with_its_remedy(shop: Shop, pure_package: Pure) -> None:
    process = pure_package("backend.process")
    shop.client = pure_package("backend.client").Client(lambda: process.Launch(python=shop.shelf / "nowhere"))
    work = shop.work(shop.order())
    work.run()
    fault = work.progress.fault
    assert work.progress.state.value == "failed"
    assert "cannot be started" in fault.problem
    assert pure_package("jobs.remedies").remedy_of(fault).value == "preferences"


# ---- the isolating child


def test_events_of_the_child_are_progress_and_its_talk_is_not(shop: Shop) -> None:
    folder = shop.order(isolated=False)
    child = """
        import json, sys
        print("Blender 5.2.3 (hash 0123)", flush=True)
        for done in (1, 2, 3):
            print(json.dumps({"event": "progress", "stage": "plate", "done": done, "total": 4}), flush=True)
        print(json.dumps({"event": "warning", "problem": "it blurs", "remedy": "switch it off"}), flush=True)
        print(json.dumps({"event": "error", "kind": "input", "problem": "no scene", "remedy": "select it again"}))
        sys.exit(6)
    """
    work = shop.work(folder, child=child)
    work.run()
    progress = work.progress
    assert (progress.state.value, progress.done, progress.total) == ("failed", 3, 4)
    assert progress.warnings == ("it blurs: switch it off",)
    assert progress.fault.sentence() == "no scene: select it again"
    assert (shop.outcome(folder), work.order.isolated) == ("failed", False)
    assert shop.pure("jobs.order").copy_file(folder).exists()


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_child_that_dies_is_told_with_its_last_words(shop: Shop) -> None:
    work = shop.work(
        shop.order(isolated=False),
        child="import os, sys; print('out of luck', file=sys.stderr, flush=True); os.kill(os.getpid(), 9)",
    )
    work.run()
    fault = work.progress.fault
    assert fault.problem == "the Blender that rendered the plate was killed (SIGKILL); it said: out of luck"
    assert shop.pure("jobs.remedies").remedy_of(fault).value == "resume"


def test_cancel_kills_the_child(shop: Shop) -> None:
    folder = shop.order(isolated=False)
    child = """
        import os, pathlib, time
        pathlib.Path(__file__).with_name("pid").write_text(str(os.getpid()))
        time.sleep(600)
    """
    work = shop.work(folder, child=child)
    thread = threading.Thread(target=work.run)
    thread.start()
    wait_until(lambda: (folder / "pid").exists() and (folder / "pid").read_text() != "")
    work.cancel()
    thread.join(LONG)
    assert (work.progress.state.value, work.progress.fault) == ("cancelled", None)
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), 0)


def test_only_one_blender_works_on_a_strip(shop: Shop, pure_package: Pure) -> None:
    folder = shop.order()
    before = (folder / "job.json").read_bytes()
    with pure_package("backend.locks").try_locked(shop.shelf / "job.lock") as free:
        assert free
        work = shop.work(folder)
        work.run()
    assert "another Blender works on this strip" in work.progress.fault.sentence()
    assert pure_package("jobs.remedies").remedy_of(work.progress.fault).value == "resume"
    assert (folder / "job.json").read_bytes() == before
    shop.work(folder).run()
    assert shop.outcome(folder) == "done"


# ---- what lies on disk


def test_orders_that_cannot_be_believed_are_refused(shop: Shop, pure_package: Pure) -> None:
    folder = shop.order()
    orders, errors = pure_package("jobs.order"), pure_package("contract.errors")
    file = orders.order_file(folder)
    file.write_text(file.read_text().replace('"first": 1001', '"first": -1'))
    with pytest.raises(errors.UsageError, match="first"):
        orders.load_order(folder)
    file.write_text("{")
    with pytest.raises(errors.InputError):
        orders.load_order(folder)
    assert orders.unfinished(shop.shelf, "v###") is None


def test_output_follows_the_plate_unless_it_is_asked_for(shop: Shop, pure_package: Pure) -> None:
    files, plan = pure_package("jobs.strip_files"), pure_package("sequencer.plan")
    order = pure_package("jobs.order").load_order(shop.order())
    plain = plan.load_plate(shop.shelf / "plate")
    linear = plan.Plate(**{**vars(plain), "encoding": "linear", "pattern": "plate.####.exr"})
    passes = plan.Plate(**{**vars(plain), "encoding": "passes", "layer": "ViewLayer"})

    def made(plate: Any, **output: Any) -> Any:
        return files.filled_in({**order.recipe, "output": {**order.recipe["output"], **output}}, order, plate)

    assert made(plain)["output"] == {"path": "v001/styled.####.png", "depth": "8"}
    assert made(linear)["output"] == {"path": "v001/styled.####.exr", "depth": "half"}
    assert made(plain, mattes=True)["output"] == {"path": "v001/styled.####.exr", "depth": "half", "mattes": True}
    assert made(linear, depth="16")["output"] == {"path": "v001/styled.####.png", "depth": "16"}
    sized = made(plain, path="any.mov", depth="8", size="50%")["output"]
    assert sized == {"path": "v001/styled.mov", "size": "50%"}
    assert made(plain, per_frame="raw.####.png")["output"]["per_frame"] == "v001/raw.####.png"
    assert made(plain)["plate"] == {"path": "plate/plate.####.png", "frames": "1001-1004"}
    assert made(passes)["plate"]["layer"] == "ViewLayer"
    # Motion of other frames than these is worse than none.
    assert made(passes)["temporal"]["flow"] == "dis"
    assert "flow" not in made(plain)["temporal"]


def test_time_left_counts_neither_the_start_nor_what_was_there(pure_package: Pure) -> None:
    now = iter([100.0, 100.001, 102.001, 106.001])
    pace = pure_package("jobs.progress").Pace(lambda: next(now))
    assert pace.step(9) is None
    assert pace.step(8) is None
    assert pace.step(7) == pytest.approx(14.0)
    assert pace.step(6) == pytest.approx(18.0)
    in_words = pure_package("jobs.progress").in_words
    assert [in_words(seconds) for seconds in (7.4, 180, 4800, 7200)] == ["7 s", "3 min", "80 min", "2 h 0 min"]


def test_lent_plates_never_hide_what_is_styled(shop: Shop, pure_package: Pure) -> None:
    lent = pure_package("sequencer.lent_plates")
    folder = shop.order()
    plates = shop.shelf / "plate"
    lent.lend_plates(plates, folder, "plate.####.png")
    before = (folder / "plate.1002.png").read_bytes()
    replaced = plates / "new.png"
    write_picture(replaced, 77)
    os.replace(replaced, plates / "plate.1002.png")
    lent.lend_plates(plates, folder, "plate.####.png")
    assert (folder / "plate.1002.png").read_bytes() == before
    lent.lend_plates(plates, folder, "plate.####.png", renew=True)
    assert (folder / "plate.1002.png").read_bytes() == (plates / "plate.1002.png").read_bytes()
    assert sorted(path.name for path in folder.glob(".*part")) == []
