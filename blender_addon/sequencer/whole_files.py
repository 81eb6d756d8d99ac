"""Whether a picture was written to its end; nothing of Blender.

Where the disk is full Blender calls a render finished and leaves what fitted, or an empty
file (seen in 4.5 and 5.2, PNG and OpenEXR). Only ends are looked at, no pixel is read.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import IO

__all__ = ["is_whole"]

_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_EXR_MAGIC, _EXR_TILED, _EXR_MANY_PARTS = 20000630, 0x200, 0x1000
_EXR_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}
"""Lines of a chunk, by the number of the compression."""


def is_whole(path: Path) -> bool:
    """Whether a PNG has its last chunk, an OpenEXR of scan lines all of them, and any other file something."""
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if path.suffix == ".png":
            stream.seek(-min(size, len(_PNG_END)), os.SEEK_END)
            return stream.read() == _PNG_END
        if path.suffix == ".exr":
            try:
                return _is_whole_exr(stream, size)
            except (struct.error, ValueError):
                return False
        return size > 0


def _is_whole_exr(stream: IO[bytes], size: int) -> bool:
    magic, version = struct.unpack("<II", stream.read(8))
    if magic != _EXR_MAGIC:
        return False
    if version & _EXR_TILED:
        return True
    parts = [_chunks(stream)]
    while version & _EXR_MANY_PARTS and parts[-1]:
        parts.append(_chunks(stream))
    count = sum(parts)
    offsets = struct.unpack(f"<{count}Q", stream.read(8 * count))
    if not count or min(offsets) == 0:
        return False
    # The table is written last, and names no place for chunks that were not.
    head = 12 if version & _EXR_MANY_PARTS else 8
    stream.seek(max(offsets))
    length = struct.unpack("<i", stream.read(head)[-4:])[0]
    return bool(max(offsets) + head + length <= size)


def _chunks(stream: IO[bytes]) -> int:
    """How many chunks the part has whose header begins here; 0 where none does."""
    found: dict[bytes, bytes] = {}
    while name := _text(stream):
        _text(stream)
        found[name] = stream.read(struct.unpack("<i", stream.read(4))[0])
    if b"dataWindow" not in found:
        return 0
    if b"chunkCount" in found:
        return int(struct.unpack("<i", found[b"chunkCount"])[0])
    _, top, _, bottom = struct.unpack("<4i", found[b"dataWindow"])
    lines = _EXR_LINES.get(found[b"compression"][0], 1)
    return int(-(-(bottom - top + 1) // lines))


def _text(stream: IO[bytes]) -> bytes:
    text = b""
    while (byte := stream.read(1)) != b"\0":
        if not byte:
            raise ValueError("the header ends early")
        text += byte
    return text
