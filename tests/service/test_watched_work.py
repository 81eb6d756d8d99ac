"""What counts as life of a request that paints by optimisation, by the clock of the test."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from service_shots import recipe, write_plates
from training.training_files import write_distilled

from nst_backend.contract.messages import OpenRequest, PreviewRequest, RunRequest, ServiceRequest, StepRequest
from nst_backend.engines.optimise.descent import Descent
from nst_backend.media.images import write_image
from nst_backend.service.schedule import Schedule, Ticket
from nst_backend.service.watch import LIMITS, Watch
from nst_backend.service.worker import Worker
from nst_backend.service.writer import EventWriter

torch.set_num_threads(1)

STEPS = 6
NEARLY = 0.9 * LIMITS["style"]
HANGING = 1.1 * LIMITS["style"]

REQUESTS: Mapping[str, ServiceRequest] = {
    "run": RunRequest(id=2, job="a"),
    "step": StepRequest(id=2, job="a", frame=1),
    "quick preview": PreviewRequest(id=2, job="a", frame=1),
    "preview in its film": PreviewRequest(id=2, job="a", frame=1, quick=False),
}


class Clock:
    """Time passes in the steps of the optimisation alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shot(tmp_path: Path) -> dict[str, Any]:
    """A recipe of one frame that is painted by optimisation, its files in ``tmp_path``."""
    write_plates(tmp_path, 1)
    write_distilled(tmp_path / "tiny.safetensors")
    write_image(tmp_path / "painting.png", np.random.default_rng(1).random((64, 64, 3), np.float32))
    painted = {"paintings": ["painting.png"], "loss_network": "tiny.safetensors", "size": 64, "style_size": 64}
    painted |= {"scales": 1, "steps": STEPS}
    region = {"name": "all", "matte": {"everything": {}}, "style": None, "optimisation": painted}
    return recipe(regions=[region])


def answers(requests: list[ServiceRequest], watch: Watch, folder: Path) -> Iterator[dict[str, Any]]:
    """The events of a worker that fulfils ``requests``."""
    reads, writes = os.pipe()
    writer, schedule = EventWriter(writes), Schedule()
    worker = Worker(schedule, writer, watch, folder=folder)
    for request in requests:
        schedule.submit(Ticket(request))
    worker.start()
    left = len(requests)
    with os.fdopen(reads, "rb") as events:
        while left:
            event = json.loads(events.readline())
            left -= event["event"] == "done" or event.get("final", False)
            yield event
        schedule.close()
        worker.join(60.0)
        writer.close()
        os.close(writes)


@pytest.mark.parametrize("name", REQUESTS)
def test_every_step_of_an_optimisation_is_progress_and_a_step_that_hangs_is_not(
    tmp_path: Path, shot: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    clock = Clock()
    watch = Watch(clock=clock)
    seen: list[str | None] = []
    step = Descent.step

    def slow(self: Descent) -> dict[str, float]:
        # The last step hangs; those before it take all but too long.
        clock.now += HANGING if len(seen) == STEPS - 1 else NEARLY
        stuck = watch.stuck()
        seen.append(None if stuck is None else stuck.name)
        return step(self)

    monkeypatch.setattr(Descent, "step", slow)
    opened = OpenRequest(id=1, job="a", base=str(tmp_path), recipe=shot)
    events = list(answers([opened, REQUESTS[name]], watch, tmp_path))
    assert events[-1]["event"] == "done", events[-1]
    told = [event["done"] for event in events if event.get("stage") == "optimise all"]
    assert told == list(range(1, STEPS + 1))
    assert seen == [None] * (STEPS - 1) + ["style"]
