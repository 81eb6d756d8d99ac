"""Files that end early are told from whole ones, wherever they end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import OpenImageIO as oiio
import pytest

SIZE = (70, 50)


def _write(path: Path, *, parts: int = 1, compression: str = "zip") -> None:
    depth = "uint8" if path.suffix == ".png" else "float"
    specs = []
    for index in range(parts):
        spec = oiio.ImageSpec(*SIZE, 4, depth)
        if path.suffix == ".exr":
            spec.attribute("compression", compression)
            spec.attribute("oiio:subimagename", f"part{index}")
        specs.append(spec)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), specs) if parts > 1 else output.open(str(path), specs[0])
    pixels = np.random.default_rng(3).random((SIZE[1], SIZE[0], 4), np.float32)
    for index in range(parts):
        if index:
            assert output.open(str(path), specs[index], "AppendSubimage")
        assert output.write_image(pixels)
    output.close()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.exr", {}),
        ("none.exr", {"compression": "none"}),
        ("piz.exr", {"compression": "piz"}),
        ("parts.exr", {"parts": 3}),
    ],
)
def test_a_file_that_ends_early_is_not_whole(
    pure_package: Callable[[str], ModuleType], tmp_path: Path, name: str, options: dict[str, object]
) -> None:
    is_whole = pure_package("sequencer.whole_files").is_whole
    path = tmp_path / name
    _write(path, **options)
    assert is_whole(path)
    whole = path.read_bytes()
    for length in (0, 1, 8, 40, len(whole) // 3, len(whole) - 200, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert not is_whole(path), length


def test_chunks_that_were_never_written_are_missed(pure_package: Callable[[str], ModuleType], tmp_path: Path) -> None:
    """A writer that cannot go on still writes its table, with no place for what it did not write."""
    path = tmp_path / "a.exr"
    _write(path)
    data = bytearray(path.read_bytes())
    first = data.index(b"\x00\x00", data.index(b"screenWindowWidth\0float\0") + 28)
    table = next(
        place
        for place in range(first, first + 64)
        if int.from_bytes(data[place : place + 8], "little") == place + 8 * -(-SIZE[1] // 16)
    )
    data[table + 8 : table + 16] = bytes(8)
    path.write_bytes(bytes(data))
    assert not pure_package("sequencer.whole_files").is_whole(path)
