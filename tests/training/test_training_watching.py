"""What a training shows on the way, and what it measures at its end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from training_files import training_recipe, write_distilled, write_pictures

from nst_backend.contract.messages import Event, EventKind, SilentReporter
from nst_backend.media.images import write_image
from nst_backend.styles.card import read_card
from nst_backend.training.session import train


class Listening(SilentReporter):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)


def write_film(folder: Path) -> Path:
    """Three frames of 64 x 64."""
    folder.mkdir()
    picture = np.random.default_rng(1).random((64, 64, 3), dtype=np.float32)
    for frame in range(3):
        write_image(folder / f"frame.{frame + 1:04d}.png", np.roll(picture, frame, axis=1))
    return folder


def run(folder: Path, **options: object) -> tuple[list[Path], Listening]:
    photos, reporter = write_pictures(folder / "photos", side=160), Listening()
    cards = train(
        training_recipe(steps=2),
        paintings=photos,
        photos=[photos],
        loss_network=write_distilled(folder / "loss.safetensors"),
        run=folder / "run",
        reporter=reporter,
        **options,  # type: ignore[arg-type]
    )
    return cards, reporter


def test_a_board_holds_losses_samples_and_a_film(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run(tmp_path, board=tmp_path / "board", measure=False, shots=[write_film(tmp_path / "shot")])
    found = EventAccumulator(str(tmp_path / "board"))
    found.Reload()
    assert {"loss/content", "loss/style", "loss/loss"} <= set(found.Tags()["scalars"])
    assert [entry.step for entry in found.Scalars("loss/content")] == [1, 2]
    assert set(found.Tags()["images"]) == {"samples", "film"}
    film = found.Images("film")[-1]
    assert film.encoded_image_string.startswith(b"GIF")
    assert (film.width, film.height) == (3 * 64, 64), "the plate and both styles"


def test_finished_styles_are_measured(tmp_path: Path) -> None:
    cards, reporter = run(tmp_path)
    for card in cards:
        measured = read_card(card).extra["measured"]
        assert measured["shift"] > 0.0
        assert measured["noise_gain"] > 0.0
        assert {"mesh (photographs)", "dots (flat pictures)", "border (flat pictures)"} <= set(measured)
    steps = [event.data for event in reporter.events if event.kind is EventKind.PROGRESS]
    measuring = [data for data in steps if data["stage"] == "measure"]
    assert measuring[-1]["done"] == measuring[-1]["total"]


def test_without_measuring_the_card_holds_no_figures(tmp_path: Path) -> None:
    cards, _ = run(tmp_path, measure=False)
    assert all("measured" not in read_card(card).extra for card in cards)
