"""``nst optimize`` on stills: stopped, gone on with, watched."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
import pytest
from nst_process import Nst, make_nst, sentence
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training.training_files import write_distilled

from nst_backend.media.images import read_image, write_image
from nst_backend.media.video_reader import VideoReader

SMALL = ("--loss-network", "tiny.safetensors", "--size", "64", "--style-size", "64", "--scales", "1")


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    """A folder with a loss network, a photograph, two paintings and a matte."""
    made = make_nst(tmp_path)
    write_distilled(tmp_path / "tiny.safetensors")
    rng = np.random.default_rng(1)
    for name, tint in (("photo", (0.5, 0.5, 0.5)), ("red", (1.0, 0.1, 0.1)), ("blue", (0.1, 0.1, 1.0))):
        coarse = rng.random((12, 16, 3), dtype=np.float32) * np.array(tint, np.float32)
        write_image(tmp_path / f"{name}.png", np.kron(coarse, np.ones((4, 4, 1), np.float32)))
    matte = np.zeros((48, 64, 3), np.float32)
    matte[:, 32:] = 1.0
    write_image(tmp_path / "right.png", matte)
    return made


def test_stopped_and_gone_on_with_it_is_the_same_picture(nst: Nst) -> None:
    arguments = ["optimize", "photo.png", "red.png", *SMALL, "--steps", "60", "--movie", "a.mp4"]
    with nst.running(*arguments, "-o", "a.png") as job:
        assert job.until("progress")
        job.process.send_signal(signal.SIGINT)
        assert job.end() == 4
    assert "run the same command again" in job.errors.read_text()
    assert read_image(nst.folder / "a.png")[0].shape == (48, 64, 3)
    assert (nst.folder / ".brushpass/a.png/still.pt").is_file()
    other = nst(*arguments, "--rate", "0.02", "-o", "a.png")
    assert other.returncode == 2
    assert "--overwrite" in sentence(other)
    again = nst(*arguments, "-o", "a.png")
    assert again.returncode == 0, again.stderr
    assert not (nst.folder / ".brushpass").exists()
    whole = nst(*arguments[:-2], "-o", "b.png")
    assert whole.returncode == 0, whole.stderr
    assert np.array_equal(read_image(nst.folder / "a.png")[0], read_image(nst.folder / "b.png")[0])
    with VideoReader(nst.folder / "a.mp4") as movie:
        assert len(movie) == 61
        photo, painted = (read_image(nst.folder / f"{name}.png")[0] for name in ("photo", "a"))
        for index, near, far in ((0, photo, painted), (60, painted, photo)):
            shown = movie.read(index)
            assert np.abs(shown - near).mean() < np.abs(shown - far).mean()


def test_mattes_weights_plot_and_board(nst: Nst) -> None:
    watched = ["--plot", "losses.svg", "--tensorboard", "board"]
    result = nst(
        "optimize", "photo.png", "red.png", "blue.png", "-o", "a.png", *SMALL, "--steps", "6", *watched,
        "--mattes", "right.png", "right.png", "--style-weights", "3,1",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    photo, painted = (read_image(nst.folder / f"{name}.png")[0] for name in ("photo", "a"))
    assert np.array_equal(photo[:, :32], painted[:, :32])
    assert not np.array_equal(photo[:, 32:], painted[:, 32:])
    plot = (nst.folder / "losses.svg").read_text()
    assert plot.count("<polyline") == 4
    assert ">step</text>" in plot
    board = EventAccumulator(str(nst.folder / "board"))
    board.Reload()
    assert [event.step for event in board.Scalars("loss/style")] == list(range(1, 7))
    assert board.Images("painting")


def test_a_reconstruction_needs_no_painting(nst: Nst) -> None:
    result = nst("optimize", "photo.png", "-o", "a.png", *SMALL, "--steps", "5", "--reconstruct", "content")
    assert result.returncode == 0, result.stderr
    assert "no painting" in sentence(nst("optimize", "photo.png", "-o", "b.png", *SMALL, "--steps", "5"))


def test_a_film_is_painted_frame_by_frame_and_gone_on_with(nst: Nst) -> None:
    photo = read_image(nst.folder / "photo.png")[0]
    for number in (1, 2, 3):
        write_image(nst.folder / f"film.{number:04d}.png", np.roll(photo, number, axis=1))
    arguments = ["optimize", "film.####.png", "red.png", "-o", "out/a.####.png", *SMALL, "--following-steps", "3"]
    part = nst(*arguments, "--mattes", "right.png", "--steps", "6", "--progress", "json")
    assert part.returncode == 0, part.stderr
    told = [json.loads(line) for line in part.stdout.splitlines()]
    assert [event["frame"] for event in told if event["event"] == "frame"] == [1, 2, 3]
    totals = {event["frame"]: event["total"] for event in told if event.get("stage") == "optimise painting 1"}
    assert totals == {1: 6, 2: 3, 3: 3}
    for number in (1, 2, 3):
        plate, frame = (read_image(nst.folder / f"{name}.{number:04d}.png")[0] for name in ("film", "out/a"))
        assert np.array_equal(frame[:, :32], plate[:, :32])
        assert not np.array_equal(frame[:, 32:], plate[:, 32:])
    again = nst(*arguments, "--mattes", "right.png", "--steps", "6", "--progress", "json")
    assert "frame" not in {json.loads(line)["event"] for line in again.stdout.splitlines()}
    watched = nst(*arguments, "--plot", "a.svg")
    assert watched.returncode == 2
    assert "show one still" in sentence(watched)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--mattes", "right.png", "right.png"], "1 paintings have 2 mattes"),
        (["--style-weights", "1,2"], "1 paintings have 2 weights"),
        (["--style-weights", "0"], "style_weights"),
        (["--style-layers", "relu9_1"], "no layer 'relu9_1'"),
        (["--smoothing", "0.5"], "--smoothing is for films"),
        (["--start", "feed_forward"], "no style paints it"),
        (["--movie", "photo.png"], "photo.png"),
    ],
)
def test_what_does_not_fit_is_one_sentence(nst: Nst, arguments: list[str], word: str) -> None:
    result = nst("optimize", "photo.png", "red.png", "-o", "a.png", *SMALL, *arguments)
    assert result.returncode == 2, result.stderr
    assert word in sentence(result)
    assert not (nst.folder / "a.png").exists()
