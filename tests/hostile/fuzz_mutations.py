"""Seeded damage: to bytes, to JSON, to text. The same seed always does the same."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

__all__ = ["damaged_bytes", "damaged_json", "damaged_text"]

# Where lengths, counts and windows stand, these are the values that break readers.
_EXTREMES = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x40000000, 65537, 16385)
_WORDS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 1.5, -0.0, 1e308, 1e-320, 2**31, 2**63, -(2**64), 10**30, float("inf"),
    float("-inf"), float("nan"), "", " ", "null", "../../escape", "/dev/zero", "/dev/null", "C:\\x", "a\0b", "\ud800",
    "####", "%04d", "x" * 5000, "🎨", [], {}, [[]], [None], {"": None}, [[1, 2], [1, 3]], [[1e400, 1]], "1-99999999",
    "16384x16384", "inf%", "cuda:99", "http://127.0.0.1:9/x.mp4", "file:///etc/passwd",
)  # fmt: skip


def damaged_bytes(data: bytes, rng: random.Random, *, head: int = 4096) -> bytes:
    """``data`` with a few wounds, most of them within the first ``head`` bytes."""
    result = bytearray(data)
    # Wounds that shift what follows are noticed early; half of the files keep their length.
    kinds = (0, 1, 2, 6) if rng.random() < 0.5 else tuple(range(8))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if not result:
            break
        end = len(result) if rng.random() < 0.3 else min(head, len(result))
        at = rng.randrange(end)
        kind = rng.choice(kinds)
        if kind == 0:
            result[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            result[at] = rng.randrange(256)
        elif kind == 2:
            width = rng.choice((2, 4, 8))
            value = (rng.choice(_EXTREMES) & (1 << 8 * width) - 1).to_bytes(width, "little")
            result[at : at + width] = rng.choice((value, value[::-1]))[: len(result) - at]
        elif kind == 3:
            del result[at:]
        elif kind == 4:
            del result[at : at + rng.randrange(1, 64)]
        elif kind == 5:
            result[at:at] = rng.randbytes(rng.randrange(1, 64))
        elif kind == 6:
            span = rng.randrange(1, 64)
            other = rng.randrange(len(result))
            piece = result[other : other + span]
            result[at : at + len(piece)] = piece
        else:
            result[at:at] = result[at : at + rng.randrange(1, 512)] * rng.randrange(1, 5)
    return bytes(result)


def damaged_json(data: Any, rng: random.Random) -> bytes:
    """The JSON text of ``data`` after a few changes to its tree, now and then to its text as well."""
    tree = copy.deepcopy(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        tree = _changed(tree, rng)
    text = json.dumps(tree, ensure_ascii=True).encode()
    kind = rng.randrange(16)
    if kind == 0:
        return damaged_bytes(text, rng, head=len(text))
    if kind == 1:
        return b"[" * rng.choice((100, 3000, 200000)) + text
    if kind == 2:
        return text.replace(b"1", b"1" + b"0" * rng.choice((30, 400, 6000)), 1)
    if kind == 3:
        return rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\0")) + text
    return text


def damaged_text(text: str, rng: random.Random) -> bytes:
    """Lines dropped, doubled and swapped, values exchanged, or bytes damaged."""
    lines = text.splitlines(keepends=True)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(lines)) if lines else 0
        kind = rng.randrange(6)
        if not lines or kind == 0:
            lines.insert(
                at, rng.choice(("[run]\n", "[[x]]\n", "=\n", "a = b = c\n", "video = %(x)s\n", "\0\n", "'''\n"))
            )
        elif kind == 1:
            del lines[at]
        elif kind == 2:
            lines.insert(at, rng.choice(lines))
        elif kind == 3:
            key = lines[at].partition("=")[0]
            lines[at] = f"{key}= {json.dumps(rng.choice(_WORDS))}\n"
        elif kind == 4:
            key = lines[at].partition("=")[0]
            lines[at] = f"{key}= {rng.choice(_WORDS)}\n"
        else:
            return damaged_bytes("".join(lines).encode(errors="surrogatepass"), rng)
    return "".join(lines).encode(errors="surrogatepass")


def _changed(tree: Any, rng: random.Random) -> Any:
    """One change somewhere in a tree."""
    places: list[tuple[Any, Any]] = []
    _collect(tree, places)
    if not places or rng.random() < 0.02:
        return rng.choice(_WORDS)
    holder, key = rng.choice(places)
    kind = rng.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1:
        # A branch grows where another stood.
        holder[key] = copy.deepcopy(rng.choice(places)[0])
    elif kind == 2 and isinstance(holder, dict):
        holder[rng.choice(("", "extra", "__class__", "version", str(key) + "s", "🎨"))] = holder.pop(key)
    elif kind == 3 and isinstance(holder, list):
        holder.extend(copy.deepcopy(holder[:50]))
    elif kind == 4 and isinstance(holder[key], (int, float)) and not isinstance(holder[key], bool):
        holder[key] = holder[key] * rng.choice((-1, 0, 0.5, 1e6, 1e300, 2**40))
    else:
        holder[key] = copy.deepcopy(rng.choice(_WORDS))
    return tree


def _collect(tree: Any, places: list[tuple[Any, Any]]) -> None:
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in entries:
        places.append((tree, key))
        _collect(value, places)
