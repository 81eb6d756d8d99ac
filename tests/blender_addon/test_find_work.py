"""Searches for objects without Blender: their end, what they leave, and what their progress says."""

from __future__ import annotations

import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Pure = Callable[[str], ModuleType]
LONG = 240.0


class NoBackend:
    """Not to be asked: the plate comes first."""

    def submit(self, kind: type, **fields: Any) -> Any:
        raise AssertionError(f"{kind} was asked for")

    def is_open(self, job: str) -> bool:
        return False


@pytest.fixture
def search(pure_package: Pure, tmp_path: Path) -> Callable[[str], Any]:
    """A search on a new shelf; its argument is a script that takes the isolating Blender's place."""

    def make(child: str) -> Any:
        shelf, folder = tmp_path / "Streifen ä", tmp_path / "cache" / "finding"
        shelf.mkdir()
        folder.mkdir(parents=True)
        orders = pure_package("jobs.order")
        orders.copy_file(folder).write_bytes(b"")
        order = orders.FindOrder(
            blend="/film/schnitt.blend",
            scene="Scene",
            strip="Streifen ä",
            mark="0" * 32,
            start=1,
            first=1001,
            last=1004,
            state="",
            model="mask_rcnn",
            recipe={},
        )
        script = tmp_path / "child.py"
        script.write_text(textwrap.dedent(child), encoding="utf-8")
        return pure_package("jobs.find_work").FindWork(
            order,
            folder,
            shelf,
            model="mask_rcnn",
            exposure=0.0,
            backend=NoBackend(),
            isolate=lambda spec: (sys.executable, str(script), str(spec)),
            scripts=False,
        )

    return make


def test_a_cancelled_search_leaves_no_copy_of_the_file(search: Callable[[str], Any], tmp_path: Path) -> None:
    started = tmp_path / "started"
    work = search(f"import pathlib, time\npathlib.Path({str(started)!r}).touch()\ntime.sleep({LONG})")
    thread = threading.Thread(target=work.run)
    thread.start()
    deadline = time.monotonic() + LONG
    while not started.exists():
        assert time.monotonic() < deadline, "it never started"
        time.sleep(0.01)
    work.cancel()
    thread.join(LONG)
    assert work.progress.state.value == "cancelled"
    assert work.progress.fault is None
    assert work.found == {}
    assert "the rendered plate is kept" in work.cancelled_in_words()
    assert not work.folder.exists()


def test_a_plate_that_cannot_be_rendered_is_a_fault(search: Callable[[str], Any]) -> None:
    work = search("raise SystemExit('no display')")
    work.run()
    assert work.progress.state.value == "failed"
    assert "the Blender that rendered the plate ended with exit code 1" in work.progress.fault.sentence()
    assert not work.folder.exists()


def test_progress_says_what_is_counted(pure_package: Pure) -> None:
    progress = pure_package("jobs.progress")

    def said(stage: str, done: int, total: int, left: float | None = None) -> str:
        state = progress.State.FINDING
        text = progress.Progress(state=state, stage=stage, done=done, total=total, seconds_left=left).text()
        assert isinstance(text, str)
        return text

    assert said("", 0, 0) == "finding objects"
    assert said("find", 3, 48, 90.0) == "finding objects 3/48, 2 min left"
    assert said("mattes", 3, 48) == "refining mattes 3/48"
    assert said("load", 0, 1) == "loading the network"
    assert said("download", 51_200, 174_080, 20.0) == "downloading the network 50/170 MiB, 20 s left"


def test_networks_of_a_recipe_are_told_once(pure_package: Pure) -> None:
    def region(matte: dict[str, Any], *, enabled: bool = True) -> dict[str, Any]:
        return {"name": "r", "matte": matte, "enabled": enabled}

    models_in = pure_package("jobs.strip_files").models_in
    nested = {"grow": {"matte": {"union": [{"instances": {"model": "yolact"}}, {"background": {}}]}, "distance": 2}}
    regions = [
        region({"instances": {}}),
        region(nested),
        region({"instances": {"model": "mask_rcnn", "ids": [2]}}),
        region({"instances": {"model": "deeplab"}}, enabled=False),
    ]
    assert models_in({"regions": regions}) == ("mask_rcnn", "yolact")
