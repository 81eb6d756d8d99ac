"""Trainings without Blender: their orders on disk, and the real ``nst train`` as their child."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from service_shots import environment, write_styles
from training.training_files import write_distilled, write_pictures

from nst_backend.styles.library import StyleLibrary

LONG = 600.0
Pure = Callable[[str], ModuleType]


class School:
    """Orders and trainings in folders of their own."""

    def __init__(self, pure: Pure, folder: Path) -> None:
        self.pure, self.folder = pure, folder
        self.orders = pure("training.order")

    def order(self, **changes: Any) -> Any:
        painting = self.orders.Painting(name="hafen", title="Hafen = Abend", path=str(self.folder / "bild ä.PNG"))
        said: dict[str, Any] = {
            "paintings": (painting,),
            "photographs": str(self.folder / "photos"),
            "joins": "swirl",
            "steps": 2,
            "artist": "-- nobody",
            "loss_network": str(self.folder / "encoder.safetensors"),
        }
        return self.orders.TrainingOrder(**{**said, **changes})

    def training(self, folder: Path, **changes: Any) -> Any:
        said: dict[str, Any] = {"python": Path(sys.executable), "online": False, **changes}
        return self.pure("training.training").Training(self.orders.load_order(folder), folder, **said)

    def trained(self, folder: Path, **changes: Any) -> Any:
        training = self.training(folder, **changes).start()
        training.join(LONG)
        return training


@pytest.fixture
def school(pure_package: Pure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> School:
    write_styles(tmp_path / "styles")
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    write_pictures(tmp_path / "photos")
    write_distilled(tmp_path / "encoder.safetensors")
    write_pictures(tmp_path / "own", count=1)
    (tmp_path / "own" / "photo0.png").rename(tmp_path / "bild ä.PNG")
    return School(pure_package, tmp_path)


def test_a_style_is_learnt_into_the_users_folder_and_the_training_goes(school: School) -> None:
    folder = school.orders.begin(school.order())
    (school.folder / "bild ä.PNG").unlink()
    training = school.trained(folder)
    assert training.progress.fault is None, training.progress.fault
    assert (training.progress.state.name, training.progress.done, training.progress.total) == ("DONE", 2, 2)
    style = StyleLibrary([school.orders.style_folder()]).find("hafen")
    assert (style.card.title, style.card.artwork.artist) == ("Hafen = Abend", "-- nobody")
    assert style.folder == school.folder / "home" / "data" / "brushpass" / "styles"
    assert style.load().config.styles == 2
    assert not folder.exists()
    assert school.orders.unfinished() == ()


def test_what_was_cancelled_goes_on_from_its_step(school: School) -> None:
    folder = school.orders.begin(school.order(steps=40))
    training = school.training(folder).start()
    while training.progress.done < 1:
        assert not training.progress.state.ended, training.progress.fault
        time.sleep(0.02)
    training.cancel()
    training.join(LONG)
    assert training.sample is not None
    assert training.progress.state.name == "CANCELLED"
    (kept, order), *_ = school.orders.unfinished()
    assert (kept, order.outcome) == (folder, "cancelled")
    assert 1 <= order.done < 40
    assert training.ended_in_words() == f"Cancelled: {order.done} of 40 steps are kept, Resume goes on from there"
    again = school.training(folder)
    seen: list[int] = []
    again.start()
    while not again.progress.state.ended:
        if again.progress.done:
            seen.append(again.progress.done)
        time.sleep(0.01)
    assert again.progress.state.name == "DONE", again.progress.fault
    assert seen[0] > order.done
    assert StyleLibrary([school.orders.style_folder()]).find("hafen").card.extra["steps"] == 40


def test_what_never_began_leaves_nothing(school: School) -> None:
    (school.folder / "bild ä.PNG").write_text("no picture")
    folder = school.orders.begin(school.order())
    training = school.trained(folder)
    assert training.progress.state.name == "FAILED"
    assert training.progress.fault.kind == "input"
    assert "hafen.png" in training.progress.fault.sentence()
    assert not folder.exists()
    assert not school.orders.style_folder().exists()


def test_cancelled_before_its_first_step(school: School) -> None:
    folder = school.orders.begin(school.order(steps=1000))
    training = school.training(folder)
    training.cancel()
    training.start()
    training.join(LONG)
    assert training.progress.state.name == "CANCELLED"
    assert training.progress.done <= 1


def test_a_second_cancel_ends_it_at_once_and_what_was_saved_is_kept(school: School, tmp_path: Path) -> None:
    folder = school.orders.begin(school.order())
    (folder / "state.pt").write_bytes(b"the last state")
    deaf = tmp_path / "deaf"
    deaf.write_text('#!/bin/sh\necho \'{"event": "progress", "stage": "train", "done": 7, "total": 9}\'\nsleep 900\n')
    deaf.chmod(0o755)
    training = school.training(folder, python=deaf).start()
    while training.progress.done < 7:
        assert not training.progress.state.ended, training.progress.fault
        time.sleep(0.01)
    training.cancel()
    assert training.progress.text() == "cancelling"
    training.cancel()
    training.join(LONG)
    assert training.progress.state.name == "CANCELLED"
    assert school.orders.load_order(folder).done == 7


def test_a_crash_is_told_and_resumed(school: School, tmp_path: Path) -> None:
    folder = school.orders.begin(school.order())
    (folder / "state.pt").write_bytes(b"the last state")
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho 'out of luck' >&2\nkill -9 $$\n")
    broken.chmod(0o755)
    training = school.trained(folder, python=broken)
    fault = training.progress.fault
    assert fault.problem == "the training was killed (SIGKILL); it said: out of luck"
    assert fault.remedy == "resume: it goes on from its last state"
    assert school.orders.load_order(folder).outcome == "failed"
    absent = school.trained(folder, python=tmp_path / "absent")
    assert "cannot be started" in absent.progress.fault.problem


def test_another_blenders_training_is_left_to_it(school: School, pure_package: Pure) -> None:
    folder = school.orders.begin(school.order())
    before = (folder / "order.json").read_bytes()
    with pure_package("backend.locks").try_locked(folder / school.orders.LOCK) as free:
        assert free
        training = school.trained(folder)
        assert training.progress.fault.problem == "another Blender trains 'Hafen = Abend'"
        with pytest.raises(Exception, match="is being trained"):
            school.orders.discard(folder)
    assert (folder / "order.json").read_bytes() == before
    school.orders.discard(folder)
    assert not folder.exists()


def test_an_unfinished_training_is_not_begun_anew(school: School) -> None:
    school.orders.begin(school.order())
    with pytest.raises(Exception, match="the training of 'hafen' is not finished"):
        school.orders.begin(school.order())


def test_what_is_no_order_is_passed_over(school: School) -> None:
    folder = school.orders.begin(school.order())
    (folder / "order.json").write_text('{"paintings": []}')
    assert school.orders.unfinished() == ()


def test_photographs_are_looked_for_first(school: School, tmp_path: Path) -> None:
    check = school.orders.check_photographs
    check(str(tmp_path))
    (tmp_path / "empty").mkdir()
    for folder, said in (("", "no folder of photographs is chosen"), ("absent", "no folder absent")):
        with pytest.raises(Exception, match=said):
            check(folder)
    with pytest.raises(Exception, match=r"no photographs are in .*empty: choose a folder with JPEG or PNG pictures"):
        check(str(tmp_path / "empty"))


def test_names_are_made_of_titles_and_never_taken_twice(pure_package: Pure) -> None:
    names = pure_package("training.names")
    assert names.style_name("Überfahrt bei Nacht (1890)") == "uberfahrt_bei_nacht_1890"
    assert names.style_name("神奈川沖浪裏") == "style"
    assert names.style_title(Path("the_great-wave.jpg")) == "the great wave"
    assert names.free_name("wave", {"wave", "wave_2"}) == "wave_3"
    assert names.name_problem("wave", {"wave"}) == "there is a style 'wave': choose another name"
    assert names.name_problem("../wave", ()).startswith("a style's name is like 'wave'")
    assert names.name_problem("wave", ()) == ""


def test_the_time_is_told_in_words(pure_package: Pure) -> None:
    expected = pure_package("training.estimate").expected
    assert expected(1500, 0.6) == "1,500 steps: about 15 min, as the last training went"
    assert expected(1500, 0.0).startswith("1,500 steps: about 45 min on one processor core")


def test_the_child_knows_whether_it_may_go_online(school: School, tmp_path: Path) -> None:
    said = tmp_path / "said"
    told = tmp_path / "told"
    told.write_text(f'#!/bin/sh\necho "$BRUSHPASS_OFFLINE" >> {said}\necho "$@" >> {said}\n')
    told.chmod(0o755)
    folder = school.orders.begin(school.order(loss_network=""))
    school.trained(folder, python=told)
    assert said.read_text().splitlines()[0] == "1"
    assert "--fetch-loss-network" in said.read_text()
    assert os.environ.get("BRUSHPASS_OFFLINE") is None
