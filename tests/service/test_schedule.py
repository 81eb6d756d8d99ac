"""The order of requests, and the watch over stages, by the clock of the test."""

from __future__ import annotations

import threading

from nst_backend.contract.messages import PreviewRequest, RunRequest, StepRequest
from nst_backend.service.schedule import Schedule, Ticket
from nst_backend.service.watch import LIMITS, Stage, Watch


def run(number: int, job: str = "a") -> Ticket:
    return Ticket(RunRequest(id=number, job=job))


def step(number: int, job: str = "a") -> Ticket:
    return Ticket(StepRequest(id=number, job=job, frame=1))


def preview(number: int, job: str = "a") -> Ticket:
    return Ticket(PreviewRequest(id=number, job=job, frame=1))


def taken(schedule: Schedule) -> list[int]:
    found = []
    while (ticket := schedule.next(0)) is not None:
        found.append(ticket.request.id)
        schedule.finished(ticket)
    return found


def test_batches_come_last_and_everything_else_in_its_order() -> None:
    schedule = Schedule()
    for ticket in (run(1), step(2), run(3), preview(4), step(5)):
        assert schedule.submit(ticket) == []
    assert taken(schedule) == [2, 4, 5, 1, 3]


def test_between_its_frames_a_batch_gives_way_to_no_other_batch() -> None:
    schedule = Schedule()
    for ticket in (run(1), run(2), step(3)):
        schedule.submit(ticket)
    urgent = schedule.next_urgent()
    assert urgent is not None
    assert urgent.request.id == 3
    assert schedule.next_urgent() is None


def test_a_preview_replaces_the_older_ones_of_its_job_alone() -> None:
    schedule = Schedule()
    running = preview(1)
    schedule.submit(running)
    assert schedule.next(0) is running
    waiting, other = preview(2), preview(3, "b")
    assert schedule.submit(waiting) == []
    assert running.stopped == "superseded"
    assert schedule.submit(other) == []
    assert schedule.submit(preview(4)) == [waiting]
    assert other.stopped is None
    schedule.finished(running)
    assert taken(schedule) == [3, 4]


def test_cancel_takes_what_waits_and_marks_what_runs() -> None:
    schedule = Schedule()
    running, waiting, other = run(1), step(2), run(3, "b")
    schedule.submit(running)
    assert schedule.next(0) is running
    schedule.submit(waiting)
    schedule.submit(other)
    assert schedule.cancel("a", 2) == [waiting]
    assert running.stopped is None
    assert schedule.cancel("a") == []
    assert running.stopped == "cancelled"
    assert schedule.running() == (running,)
    assert schedule.close() == [other]
    assert schedule.next() is None
    late = step(4)
    assert schedule.submit(late) == [late]


def test_the_stage_without_progress_is_named() -> None:
    now = [0.0]
    watch = Watch(10.0, clock=lambda: now[0])
    with watch.stage("style", "run of a"):
        now[0] = 9.0
        watch.beat()
        now[0] = 18.0
        assert watch.stuck() is None
        with watch.stage("read", "frame 2"):
            now[0] = 29.0
            stuck = watch.stuck()
            assert stuck is not None
            assert str(stuck) == "read (frame 2)"
        # The end of a stage is progress of the one around it.
        assert watch.stuck() is None
    now[0] = 1e9
    assert watch.stuck() is None


def test_progress_of_one_thread_is_none_of_another() -> None:
    now = [0.0]
    watch = Watch(10.0, clock=lambda: now[0])
    entered, leave = threading.Event(), threading.Event()

    def read() -> None:
        with watch.stage("read"):
            entered.set()
            leave.wait()

    thread = threading.Thread(target=read)
    thread.start()
    entered.wait()
    with watch.stage("style"):
        now[0] = 11.0
        watch.beat()
        stuck = watch.stuck()
        assert stuck is not None
        assert stuck.name == "read"
    leave.set()
    thread.join()


def test_what_another_thread_tells_of_a_stage_is_progress_of_it_and_of_those_around_it() -> None:
    now = [0.0]
    watch = Watch(10.0, clock=lambda: now[0])

    def tell(stage: Stage) -> None:
        speaker = threading.Thread(target=watch.beat, args=(stage,))
        speaker.start()
        speaker.join()

    with watch.stage("style", "run of a"), watch.stage("style", "preview of b") as preview:
        now[0] = 9.0
        tell(preview)
        now[0] = 18.0
        assert watch.stuck() is None
        with watch.stage("read", "frame 2"):
            now[0] = 29.0
            tell(preview)
            stuck = watch.stuck()
            assert stuck is not None
            assert str(stuck) == "read (frame 2)"
        now[0] = 40.0
        stuck = watch.stuck()
        assert stuck is preview
    # What is told of it once it has ended is nothing to the others.
    with watch.stage("style", "run of c"):
        now[0] = 51.0
        tell(preview)
        assert watch.stuck() is not None


def test_what_waits_for_another_is_not_to_blame() -> None:
    now = [0.0]
    watch = Watch(10.0, clock=lambda: now[0])
    with watch.stage("style"):
        reading = watch.stage("read", "frame 2")
        now[0] = 1.0
        reader = threading.Thread(target=reading.__enter__)
        reader.start()
        reader.join()
        now[0] = 10.5
        stuck = watch.stuck()
        assert stuck is not None
        assert stuck.name == "read"


def test_the_first_import_keeps_its_own_limit() -> None:
    now = [0.0]
    watch = Watch(1.0, clock=lambda: now[0])
    with watch.stage("start"):
        now[0] = LIMITS["start"]
        assert watch.stuck() is None
        now[0] += 1.0
        assert watch.stuck() is not None
