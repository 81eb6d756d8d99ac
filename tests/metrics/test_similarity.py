"""SSIM and LPIPS: equal pictures, known answers, files that are something else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.metrics.lpips import HEADS, load_lpips, trunk_of_heads
from nst_backend.metrics.similarity import ssim
from nst_backend.metrics.trunks import TRUNKS


def picture(seed: int = 0, size: tuple[int, int] = (72, 80)) -> np.ndarray:
    return np.random.default_rng(seed).random((*size, 3), dtype=np.float32)


def test_ssim_of_itself_is_one_and_of_strangers_next_to_nothing() -> None:
    assert ssim(picture(), picture()) == pytest.approx(1)
    assert abs(ssim(picture(0), picture(1))) < 0.1
    assert ssim(picture(), 1 - picture()) < -0.9


def test_ssim_of_flat_pictures_is_its_luminance_term() -> None:
    a, b = np.full((20, 20, 3), 0.2, np.float32), np.full((20, 20, 3), 0.6, np.float32)
    assert ssim(a, b) == pytest.approx((2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4), rel=1e-4)


def test_ssim_of_lower_contrast_is_its_contrast_term() -> None:
    half = picture(size=(200, 200)) * 0.5 + 0.25
    grey = np.repeat(half[..., :1], 3, axis=2)
    soft = grey * 0.5 + 0.25
    # Variances differ by 4, means nearly not: 2 · ½ / (1 + ¼), up to the constant.
    assert ssim(soft, grey) == pytest.approx(0.8, abs=0.03)


def test_ssim_counts_where_it_is_told() -> None:
    other = picture().copy()
    other[:, 40:] = picture(3)[:, 40:]
    left = np.zeros((72, 80), bool)
    left[:, :34] = True
    assert ssim(other, picture(), where=left) == pytest.approx(1)
    assert ssim(other, picture(), where=~left) < 0.5
    assert ssim(other, picture(), where=np.zeros((72, 80), bool)) is None


def test_ssim_refuses_what_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="one size"):
        ssim(picture(), picture(size=(30, 30)))
    assert ssim(picture(size=(10, 40)), picture(size=(10, 40))) is None


# ---- LPIPS


def write_heads(path: Path, channels: tuple[int, ...], *, prefix: str = "lin") -> dict[str, torch.Tensor]:
    torch.manual_seed(2)
    heads = {f"{prefix}{k}.model.1.weight": torch.rand(1, c, 1, 1) for k, c in enumerate(channels)}
    save_file(heads, path)
    return heads


def write_trunk(name: str, path: Path) -> torch.nn.Sequential:
    torch.manual_seed(3)
    features = TRUNKS[name].build().eval()
    save_file({f"features.{key}": value for key, value in features.state_dict().items()}, path)
    return features


CHANNELS = {
    "alexnet": (64, 192, 384, 256, 256),
    "vgg16": (64, 128, 256, 512, 512),
    "squeezenet1_1": (64, 128, 256, 384, 384, 512, 512),
}
# The ends of the slices of the authors' own code.
ENDS = {
    "alexnet": (1, 4, 7, 9, 11),
    "vgg16": (3, 8, 15, 22, 29),
    "squeezenet1_1": (1, 4, 7, 9, 10, 11, 12),
}


@pytest.mark.parametrize("name", CHANNELS)
def test_lpips_is_the_papers_equation_one(name: str, tmp_path: Path) -> None:
    heads = write_heads(tmp_path / "heads.safetensors", CHANNELS[name])
    features = write_trunk(name, tmp_path / "trunk.safetensors")
    measure = load_lpips(tmp_path / "heads.safetensors", tmp_path / "trunk.safetensors")
    a, b = picture(0), picture(1)
    assert measure(a, a) == 0
    assert measure(a, b) == pytest.approx(measure(b, a), rel=1e-5)
    # The authors' scaling layer, for pictures in -1..1.
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
    expected = 0.0
    with torch.no_grad():
        for k, end in enumerate(ENDS[name]):
            units = []
            for entry in (a, b):
                x = torch.from_numpy(entry.transpose(2, 0, 1).copy())[None] * 2 - 1
                y = features[: end + 1]((x - shift[:, None, None]) / scale[:, None, None])
                units.append(y / y.square().sum(1, keepdim=True).sqrt())
            expected += float(((units[0] - units[1]).square() * heads[f"lin{k}.model.1.weight"]).sum(1).mean())
    assert measure(a, b) == pytest.approx(expected, rel=1e-4)


def test_heads_and_networks_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    write_trunk("squeezenet1_0", tmp_path / "old.safetensors")
    heads = write_heads(tmp_path / "heads.safetensors", CHANNELS["squeezenet1_1"])
    assert trunk_of_heads(tmp_path / "heads.safetensors") == "squeezenet1_1"
    with pytest.raises(UsageError, match=r"fitted to squeezenet1_1, old\.safetensors is squeezenet1_0"):
        load_lpips(tmp_path / "heads.safetensors", tmp_path / "old.safetensors")
    write_heads(tmp_path / "short.safetensors", CHANNELS["alexnet"][:3])
    write_heads(tmp_path / "named.safetensors", CHANNELS["alexnet"], prefix="head")
    save_file({name: -value for name, value in heads.items()}, tmp_path / "negative.safetensors")
    for name, word in (("short", "no heads"), ("named", "no heads"), ("negative", "negative")):
        with pytest.raises(InputError, match=word):
            trunk_of_heads(tmp_path / f"{name}.safetensors")


def test_published_heads_are_checked_by_their_whole_hash() -> None:
    assert set(HEADS) == {"alex", "vgg", "squeeze"}
    for file in HEADS.values():
        assert len(file.sha256) == 64
        assert file.url.startswith("https://")
