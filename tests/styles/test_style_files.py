"""Cards and checkpoints: what is read, and what is refused."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from nst_backend.contract.errors import InputError, NstError, UsageError
from nst_backend.media.images import read_image
from nst_backend.styles.card import StyleCard, read_card
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.identity import write_identity_style
from nst_backend.styles.library import SHIPPED, StyleLibrary
from nst_backend.styles.network import StyleNetwork
from nst_backend.styles.saving import save_styles
from nst_backend.styles.thumbnail import SAMPLE
from nst_backend.weights.checkpoint import load_tensors


def tiny_style(folder: Path, name: str = "tiny", styles: int = 1) -> Path:
    torch.manual_seed(1)
    network = StyleNetwork(NetworkConfig(width=2, blocks=1, styles=styles))
    card = StyleCard(name=name, network=f"{name}.safetensors", sha256="", config=network.config)
    return save_styles(network, [card], folder)[0]


def test_saved_style_comes_back(tmp_path: Path) -> None:
    tiny_style(tmp_path)
    style = StyleLibrary([tmp_path]).find("tiny")
    expected = load_file(tmp_path / "tiny.safetensors")
    for name, value in style.load().state_dict().items():
        assert torch.equal(value, expected[name])


def test_a_saved_style_brings_its_picture(tmp_path: Path) -> None:
    write_identity_style(tmp_path)
    style = next(iter(StyleLibrary([tmp_path]).styles().values()))
    assert style.thumbnail is not None
    picture, _ = read_image(style.thumbnail)
    sample, _ = read_image(SAMPLE)
    assert picture.shape == (256, 256, 3)
    # The identity gives the sample back, but for the rounding of a JPEG.
    assert np.abs(picture - sample).mean() < 0.02
    style.thumbnail.unlink()
    assert style.thumbnail is None


def test_unknown_style_names_the_nearest(tmp_path: Path) -> None:
    tiny_style(tmp_path, "starry_night")
    with pytest.raises(UsageError, match="starry_night"):
        StyleLibrary([tmp_path]).find("stary_nite")


@pytest.mark.parametrize(("name", "instead"), [("edtaonisl", "udnie"), ("night_cafe", "tahiti")])
def test_a_retired_style_is_told_with_the_one_to_name_instead(tmp_path: Path, name: str, instead: str) -> None:
    with pytest.raises(UsageError) as caught:
        StyleLibrary([SHIPPED]).find(name)
    assert caught.value.problem == f"style {name!r} is no longer shipped"
    assert f"name {instead!r}" in str(caught.value.remedy)
    assert instead in StyleLibrary([SHIPPED]).styles()
    # An artist who kept the files goes on with them.
    tiny_style(tmp_path, name)
    assert StyleLibrary([tmp_path, SHIPPED]).find(name).folder == tmp_path


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    tiny_style(tmp_path)
    tensors = load_file(tmp_path / "tiny.safetensors")
    tensors["tail.bias"] += 1.0
    save_file(tensors, tmp_path / "tiny.safetensors")
    with pytest.raises(InputError, match="not those its card names"):
        StyleLibrary([tmp_path]).find("tiny").load()


@pytest.mark.parametrize("key", ["network", "thumbnail"])
def test_card_cannot_leave_its_folder(tmp_path: Path, key: str) -> None:
    path = tiny_style(tmp_path)
    for name in ("../tiny.safetensors", "/etc/passwd", "..", "C:weights", "sub/tiny.safetensors"):
        data = json.loads(path.read_text())
        data[key] = name
        path.write_text(json.dumps(data))
        with pytest.raises(NstError, match="folder"):
            read_card(path)


def test_card_of_other_shapes_is_refused(tmp_path: Path) -> None:
    path = tiny_style(tmp_path)
    data = json.loads(path.read_text())
    data["config"]["width"] = 4
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match="expected"):
        StyleLibrary([tmp_path]).find("tiny").load()


@pytest.mark.parametrize(
    "content",
    [b"", b"not a checkpoint", struct.pack("<Q", 2**60) + b"{}", struct.pack("<Q", 4) + b"null", b"\x80\x04."],
    ids=["empty", "text", "huge header", "null header", "pickle"],
)
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"broken{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_tensors(path)
    assert caught.value.remedy
    assert "\n" not in caught.value.sentence()


class Trap:
    """Would run code when unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("touched"),)  # type: ignore[return-value]


def test_a_pickle_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "trap.pth"
    path.write_bytes(pickle.dumps({"weight": Trap()}))
    with pytest.raises(InputError):
        load_tensors(path)
    assert not (tmp_path / "touched").exists()


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    save_file({"weight": torch.tensor([1.0, float("nan")])}, tmp_path / "nan.safetensors")
    with pytest.raises(InputError, match="not finite"):
        load_tensors(tmp_path / "nan.safetensors")


def test_every_shipped_style_loads() -> None:
    styles = StyleLibrary([SHIPPED]).styles()
    assert len(styles) >= 10
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 40e6
    for style in (each.sized(size) for each in styles.values() for size in ("full", "small")):
        network = style.load()
        with torch.no_grad():
            weights = torch.eye(network.config.styles)[style.card.index][None]
            painted = network(torch.rand(1, 3, 64, 64), weights)
        assert torch.isfinite(painted).all()


def test_identity_style_is_a_real_file(tmp_path: Path) -> None:
    write_identity_style(tmp_path)
    network = StyleLibrary([tmp_path]).find("identity").load()
    x = torch.rand(1, 3, 20, 30)
    with torch.no_grad():
        assert torch.equal(network(x, torch.ones(1, 1)), x)
