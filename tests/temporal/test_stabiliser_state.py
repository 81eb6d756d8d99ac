"""The saved history: a resumed shot is the same shot, and a bad file is only refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from test_stabiliser import SIZE, moving, texture

from nst_backend.contract.errors import InputError, NstError
from nst_backend.temporal.options import METHOD
from nst_backend.temporal.stabiliser import Stabiliser
from nst_backend.temporal.state import load_history, save_history


def run(stabiliser: Stabiliser, numbers: range) -> list[np.ndarray]:
    ids, weight = np.full(SIZE, 0xFFFFFFF0, np.uint32), np.ones(SIZE, np.float32)
    return [
        stabiliser.step(texture(10 + n, 0.8), texture(0), moving(0.3, -0.2), ids, n, weight=weight).picture
        for n in numbers
    ]


def test_a_resumed_shot_is_bit_equal(tmp_path: Path) -> None:
    whole = run(Stabiliser(), range(6))
    first = Stabiliser()
    begun = run(first, range(3))
    assert first.history is not None
    save_history(tmp_path / "state.npz", first.history)
    resumed = run(Stabiliser(history=load_history(tmp_path / "state.npz", size=SIZE)), range(3, 6))
    for one, other in zip(whole, begun + resumed, strict=True):
        np.testing.assert_array_equal(one, other)
    assert [p.name for p in tmp_path.iterdir()] == ["state.npz"]


def test_optional_parts_stay_absent(tmp_path: Path) -> None:
    stabiliser = Stabiliser()
    stabiliser.step(texture(1), texture(0), None, None, -7)
    assert stabiliser.history is not None
    save_history(tmp_path / "state.npz", stabiliser.history)
    loaded = load_history(tmp_path / "state.npz")
    assert loaded.number == -7
    assert loaded.ids is None
    assert loaded.weight is None
    np.testing.assert_array_equal(loaded.output, texture(1))


def saved(tmp_path: Path, **changes: object) -> Path:
    arrays: dict[str, object] = {
        "version": np.int64(METHOD),
        "number": np.int64(3),
        "output": np.zeros((4, 5, 3), np.float32),
        "plate": np.zeros((4, 5, 3), np.float32),
    }
    arrays.update(changes)
    path = tmp_path / "state.npz"
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"plate": None},
        {"plate": np.zeros((4, 6, 3), np.float32)},
        {"output": np.zeros((4, 5, 3), np.float64)},
        {"output": np.zeros((0, 5, 3), np.float32), "plate": np.zeros((0, 5, 3), np.float32)},
        {"ids": np.zeros((4, 5), np.int64)},
        {"extra": np.zeros(3, np.float32)},
        {"output": np.array([{"a": 1}], dtype=object)},
        {"number": np.zeros(4, np.int64)},
    ],
)
def test_what_is_not_a_history_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match="damaged"):
        load_history(saved(tmp_path, **changes))


def test_another_version_size_or_a_torn_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"version {METHOD + 1}"):
        load_history(saved(tmp_path, version=np.int64(METHOD + 1)))
    path = saved(tmp_path)
    with pytest.raises(InputError, match="is 5 x 4, not 5 x 9"):
        load_history(path, size=(9, 5))
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="damaged"):
            load_history(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_history(tmp_path / "none.npz")


@pytest.mark.parametrize(
    "header",
    [
        b"(((((((",
        b"{\\descr': '<f4', ",
        b"{'descr': '<f4', 'fortran_order': True, ",
        b"{'descr': \0<f4', ",
        b"  x\n y",
    ],
)
def test_a_header_that_is_no_python_is_damage_too(tmp_path: Path, header: bytes) -> None:
    path = saved(tmp_path)
    whole = path.read_bytes()
    at = whole.index(b"{'descr'", whole.index(b"output.npy"))
    path.write_bytes(whole[:at] + header + whole[at + len(header) :])
    with pytest.raises(InputError, match="damaged"):
        load_history(path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_compressed_or_encrypted_member_is_refused(tmp_path: Path, compression: int) -> None:
    path = saved(tmp_path)
    with zipfile.ZipFile(path) as sound:
        members = {entry.filename: sound.read(entry) for entry in sound.infolist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(InputError, match="damaged"):
        load_history(path)
    path = saved(tmp_path)
    whole = bytearray(path.read_bytes())
    # Bit 0 of the flags in the central directory.
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(whole)
    with pytest.raises(InputError, match="damaged"):
        load_history(path)


def test_a_folder_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    stabiliser = Stabiliser()
    stabiliser.step(texture(1), texture(0), None, None, 0)
    assert stabiliser.history is not None
    with pytest.raises(NstError):
        save_history(tmp_path / "none" / "state.npz", stabiliser.history)
