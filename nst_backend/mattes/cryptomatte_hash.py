"""Names to Cryptomatte ids.

Source: Cryptomatte Specification 1.2.0, "ID Generation"; MurmurHash3_x86_32 by
Austin Appleby (public domain).
"""

from __future__ import annotations

import struct

__all__ = ["hash_to_id", "id_to_float", "murmur3_32", "name_to_id"]

_MASK = 0xFFFFFFFF


def murmur3_32(data: bytes, seed: int = 0) -> int:
    """MurmurHash3_x86_32 of ``data``, unsigned."""
    state = seed & _MASK
    whole = len(data) & ~3
    for (block,) in struct.iter_unpack("<I", data[:whole]):
        state = (_rotate(state ^ _scramble(block), 13) * 5 + 0xE6546B64) & _MASK
    if len(data) > whole:
        state ^= _scramble(int.from_bytes(data[whole:], "little"))
    state ^= len(data) & _MASK
    state = ((state ^ state >> 16) * 0x85EBCA6B) & _MASK
    state = ((state ^ state >> 13) * 0xC2B2AE35) & _MASK
    return state ^ state >> 16


def name_to_id(name: str) -> int:
    """The bit pattern that stands for ``name`` in the id channels.

    The hash of the name's UTF-8 bytes, bit 23 flipped where the exponent of the
    float32 with these bits would be 0 or 255, so that no id is a subnormal
    number, an infinity or NaN.
    """
    return hash_to_id(murmur3_32(name.encode("utf-8", "surrogatepass")))


def hash_to_id(bits: int) -> int:
    """The id of a hash: itself, or with bit 23 flipped. An id stays what it is.

    Blender's manifests list the hash where the pixels hold the id.
    """
    return bits ^ 1 << 23 if bits >> 23 & 255 in (0, 255) else bits


def id_to_float(bits: int) -> float:
    """The float32 value that has the bit pattern ``bits``."""
    value: float = struct.unpack("<f", struct.pack("<I", bits))[0]
    return value


def _scramble(block: int) -> int:
    return (_rotate((block * 0xCC9E2D51) & _MASK, 15) * 0x1B873593) & _MASK


def _rotate(value: int, count: int) -> int:
    return (value << count | value >> 32 - count) & _MASK
