"""A still that is put away and gone on with."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from optimise_pictures import patches, small, tiny_encoder, waves

from nst_backend.engines.optimise.still import Painting, Still
from nst_backend.styles.loss_networks import DistilledVGG19

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> DistilledVGG19:
    return tiny_encoder(Path(tmp_path_factory.mktemp("encoder")))


def still(encoder: DistilledVGG19, **options: object) -> Still:
    return Still(waves(96, 128), [Painting(patches(1))], encoder, small(size=128, scales=2, steps=3, **options))


@pytest.mark.parametrize(
    ("stopped", "options"),
    [
        (0, {}),
        (2, {}),
        (3, {}),
        (5, {}),
        (6, {}),
        (2, {"optimiser": "lbfgs"}),
        (5, {"optimiser": "lbfgs"}),
        (2, {"luminance_only": True}),
    ],
)
def test_gone_on_with_is_never_stopped_bit_for_bit(
    encoder: DistilledVGG19, stopped: int, options: dict[str, object]
) -> None:
    whole = still(encoder, **options)
    assert whole.run()
    first = still(encoder, **options)
    assert first.run(cancelled=lambda: first.done >= stopped) == (stopped == 6)
    disk = io.BytesIO()
    torch.save(first.state_dict(), disk)
    disk.seek(0)
    second = still(encoder, **options)
    second.load_state_dict(torch.load(disk, weights_only=True))
    assert second.done == stopped
    assert second.run()
    assert np.array_equal(second.picture(), whole.picture())
    assert second.losses == whole.losses


def test_the_picture_so_far_has_the_final_size(encoder: DistilledVGG19) -> None:
    stopped = still(encoder)
    assert not stopped.run(cancelled=lambda: stopped.done >= 2)
    assert stopped.picture().shape == (96, 128, 3)
    assert not stopped.finished


def test_a_state_of_another_still_is_refused(encoder: DistilledVGG19) -> None:
    state = still(encoder).state_dict()
    with pytest.raises(ValueError, match="after 0 steps"):
        Still(waves(64, 96), [Painting(patches(1))], encoder, small(size=96)).load_state_dict(state)
    with pytest.raises(ValueError, match="after 99 steps"):
        still(encoder).load_state_dict({**state, "done": 99})
    with pytest.raises(KeyError):
        still(encoder).load_state_dict({"done": 0})
