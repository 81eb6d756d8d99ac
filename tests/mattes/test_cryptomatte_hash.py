"""The hash against published vectors."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_backend.mattes.cryptomatte_hash import id_to_float, murmur3_32, name_to_id


# Vectors in common use for MurmurHash3_x86_32 (Appleby's SMHasher and its ports).
@pytest.mark.parametrize(
    ("data", "seed", "expected"),
    [
        (b"", 0, 0x00000000),
        (b"", 1, 0x514E28B7),
        (b"", 0xFFFFFFFF, 0x81F16F39),
        (b"\xff\xff\xff\xff", 0, 0x76293B50),
        (b"\x21\x43\x65\x87", 0, 0xF55B516B),
        (b"\x21\x43\x65\x87", 0x5082EDEE, 0x2362F9DE),
        (b"\x21\x43\x65", 0, 0x7E4A8634),
        (b"\x21\x43", 0, 0xA0F7B07A),
        (b"\x21", 0, 0x72661CF4),
        (b"\x00\x00\x00\x00", 0, 0x2362F9DE),
        (b"\x00\x00\x00", 0, 0x85F0B427),
        (b"Hello, world!", 0x9747B28C, 0x24884CBA),
        ("ππππππππ".encode(), 0x9747B28C, 0xD58063C1),
        (b"The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD),
    ],
)
def test_published_vectors(data: bytes, seed: int, expected: int) -> None:
    assert murmur3_32(data, seed) == expected


def test_verification_value() -> None:
    # SMHasher's VerificationTest: hashes of 0..N-1 with seed 256-N, hashed again.
    keys = b"".join(struct.pack("<I", murmur3_32(bytes(range(n)), 256 - n)) for n in range(256))
    assert murmur3_32(keys) == 0xB0F57EE3


# Cryptomatte Specification 1.2.0, "Example code and conversions".
@pytest.mark.parametrize(
    ("name", "bits", "value"),
    [("torus", 4053562365, -1.54943624832e30), ("равнина", 2518896926, -1.31926312124e-25)],
)
def test_examples_of_the_specification(name: str, bits: int, value: float) -> None:
    assert name_to_id(name) == bits
    assert id_to_float(bits) == pytest.approx(value, rel=1e-11)


def test_no_id_is_a_special_number() -> None:
    # Among this many names some hashes have an exponent of 0 or 255.
    ids = np.array([name_to_id(f"object.{n:05d}") for n in range(5000)], np.uint32)
    assert np.isfinite(ids.view(np.float32)).all()
    raw = np.array([murmur3_32(f"object.{n:05d}".encode()) for n in range(5000)], np.uint32)
    fixed = raw != ids
    assert fixed.any()
    assert set((raw[fixed] ^ ids[fixed]).tolist()) == {1 << 23}


@given(st.text(max_size=64))
def test_ids_survive_the_way_through_a_float(name: str) -> None:
    bits = name_to_id(name)
    assert struct.unpack("<I", struct.pack("<f", id_to_float(bits)))[0] == bits
