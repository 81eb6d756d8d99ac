"""Cryptomatte: exact coverage by name, from the ids and coverages of all ranks.

Source: Friedman, Jones 2015 and the Cryptomatte Specification 1.2.0. A layer
``{name}`` keeps two ranks, each an id and its coverage, in the channels
``{name}00`` red and green, blue and alpha; the next two in ``{name}01``. An id is
the hash of a name as the bits of a float32 and is compared as bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError, UsageError, nearest
from ..contract.name_pattern import RAW_ID, has_wildcard, name_pattern
from .cryptomatte_hash import hash_to_id, name_to_id
from .cryptomatte_manifest import Manifest, parse_manifest, read_sidecar
from .source import Coverage

__all__ = [
    "CryptomatteLayer",
    "check_names",
    "coverage_of",
    "find_layer",
    "ids_of",
    "is_layer_channel",
    "list_layers",
    "names_in",
    "pick",
    "rank_channels",
]

_ATTRIBUTE = re.compile(r"(?:exr/)?cryptomatte/([^/]{1,7})/(\w+)")
_CHANNEL = re.compile(r"(.+?)(\d\d)\.(r|g|b|a|red|green|blue|alpha)", re.IGNORECASE | re.DOTALL)
_SCHEME = ("MurmurHash3_32", "uint32_to_float32")
_NO_MANIFEST = Manifest(problem="there is no manifest")


@dataclass(frozen=True)
class CryptomatteLayer:
    """One set of names in one image."""

    name: str
    """As in the header, such as ``ViewLayer.CryptoObject``."""
    ranks: tuple[tuple[str, str], ...]
    """Id channel and coverage channel of each rank, the largest coverage first."""
    manifest: Mapping[str, int]
    """Ids (bit patterns) of the names that the file lists; may lack some or all."""
    problem: str = ""
    """What is wrong with the manifest."""
    scheme: tuple[str, str] = _SCHEME
    """Hash and conversion."""

    @property
    def short_name(self) -> str:
        """The name without its view layer."""
        return self.name.rpartition(".")[2]

    @property
    def levels(self) -> int:
        """How many ranks there are."""
        return len(self.ranks)


def list_layers(
    header: Mapping[str, object], channels: Iterable[str], folder: Path | None = None
) -> tuple[CryptomatteLayer, ...]:
    """The Cryptomatte layers of an image, in the order of their names.

    ``header`` holds the attributes of all parts, ``channels`` the full channel
    names; ``folder`` is where the EXR lies, for side-car manifests. Layers
    whose attributes were lost on the way are found by their channels where
    the name speaks of ``crypto``.

    Raises :class:`InputError` for a side-car manifest outside the folder.
    """
    ranks = rank_channels(channels)
    layers = {entry["name"]: _layer(entry, ranks, folder) for entry in _entries(header)}
    for name in ranks:
        if "crypto" in name.casefold() and name not in layers:
            layers[name] = CryptomatteLayer(name, ranks[name], MappingProxyType({}), _NO_MANIFEST.problem)
    return tuple(layers[name] for name in sorted(layers))


def sidecar_names(header: Mapping[str, object], layer: str) -> tuple[str, ...]:
    """What the side-car manifests of ``layer`` are called, given in full or without its view layer."""
    return tuple(
        entry["manif_file"]
        for entry in _entries(header)
        if "manif_file" in entry
        and "manifest" not in entry
        and (entry["name"] == layer or entry["name"].endswith("." + layer))
    )


def _entries(header: Mapping[str, object]) -> list[dict[str, str]]:
    """The attributes of each layer that has a name."""
    attributes: dict[str, dict[str, str]] = {}
    for key, value in header.items():
        match = _ATTRIBUTE.fullmatch(key)
        if match and isinstance(value, str):
            attributes.setdefault(match[1], {})[match[2]] = value
    return [entry for entry in attributes.values() if "name" in entry]


def rank_channels(channels: Iterable[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Id and coverage channels by layer name, rank by rank, as far as both are there."""
    found: dict[str, dict[tuple[int, str], str]] = {}
    for channel in channels:
        match = _CHANNEL.fullmatch(channel)
        if match:
            found.setdefault(match[1], {})[int(match[2]), match[3][0].lower()] = channel
    result = {}
    for name, parts in found.items():
        pairs = [
            (parts.get((number, identity)), parts.get((number, cover)))
            for number in sorted({number for number, _ in parts})
            for identity, cover in ("rg", "ba")
        ]
        result[name] = tuple((identity, cover) for identity, cover in pairs if identity and cover)
    return {name: pairs for name, pairs in result.items() if pairs}


def is_layer_channel(channel: str, layer: str) -> bool:
    """Whether ``channel`` holds ids or coverage of ``layer``, given in full or without its view layer."""
    match = _CHANNEL.fullmatch(channel)
    return match is not None and (match[1] == layer or match[1].endswith("." + layer))


def find_layer(layers: Sequence[CryptomatteLayer], name: str, view_layer: str | None = None) -> CryptomatteLayer:
    """The layer called ``name``, in full or without its view layer.

    ``view_layer`` decides where several view layers have one of that name.

    Raises :class:`UsageError` with the nearest names where there is none or the
    name is ambiguous; :class:`InputError` for a layer that cannot be decoded.
    """
    exact = [layer for layer in layers if layer.name == name]
    found = exact or [layer for layer in layers if layer.name.endswith("." + name)]
    if len(found) > 1 and view_layer:
        found = [layer for layer in found if layer.name == f"{view_layer}.{name}"] or found
    if not found:
        if not layers:
            raise UsageError(
                f"the plate has no Cryptomatte layer, {name!r} is asked for",
                remedy="enable the Cryptomatte passes and render to OpenEXR MultiLayer",
            )
        known = [layer.name for layer in layers] + [layer.short_name for layer in layers]
        raise UsageError(f"the plate has no Cryptomatte layer {name!r}", remedy=nearest(name, known))
    if len(found) > 1:
        names = " and ".join(repr(layer.name) for layer in found)
        raise UsageError(f"{name!r} is in several view layers", remedy=f"give the full name: {names}")
    layer = found[0]
    if layer.scheme != _SCHEME:
        raise InputError(
            f"the Cryptomatte layer {layer.name!r} uses {' and '.join(layer.scheme)}",
            remedy=f"only {' and '.join(_SCHEME)} are defined; render it again",
        )
    if not layer.ranks:
        raise InputError(
            f"the Cryptomatte layer {layer.name!r} is named in the header but its channels are missing",
            remedy="keep all channels when converting the plate",
        )
    return layer


def ids_of(layer: CryptomatteLayer, names: Iterable[str]) -> frozenset[int]:
    """The ids (bit patterns) that ``names`` stand for in this image.

    A name stands for itself, in the manifest or not; ``*`` and ``?`` also match
    any text and any character of the manifest's names, case counts; ``\\*`` and
    ``\\?`` are the signs themselves; ``<1f2e3d4c>`` is a bare id.
    """
    ids: set[int] = set()
    for name in names:
        raw = RAW_ID.fullmatch(name)
        if raw:
            ids.add(int(raw[1], 16))
            continue
        plain = name.replace("\\*", "*").replace("\\?", "?")
        # Hash alone must do: an object that enters later is not in this manifest.
        ids.add(layer.manifest.get(plain, name_to_id(plain)))
        if has_wildcard(name):
            pattern = name_pattern(name)
            ids.update(bits for known, bits in layer.manifest.items() if pattern.fullmatch(known))
    return frozenset(ids)


def coverage_of(layer: CryptomatteLayer, channels: Mapping[str, NDArray[np.float32]], ids: Iterable[int]) -> Coverage:
    """``(H, W)`` float32 in 0..1: the sum over all ranks of the coverage of ``ids``.

    Equals the antialiased silhouette that the renderer itself would draw.
    """
    wanted = np.array(sorted(ids), np.uint32)
    total: Coverage | None = None
    for identity, cover in layer.ranks:
        bits = _bits(channels[identity])
        if total is None:
            total = np.zeros(bits.shape, np.float32)
        if wanted.size:
            np.add(total, channels[cover], out=total, where=np.isin(bits, wanted))
    if total is None:
        raise InputError(f"the Cryptomatte layer {layer.name!r} has no channels", remedy="keep them when converting")
    # Renderers write sums of a few ulp above 1, broken files write NaN.
    return np.clip(np.nan_to_num(total, copy=False, nan=0.0), 0.0, 1.0, out=total)


def names_in(layer: CryptomatteLayer, channels: Mapping[str, NDArray[np.float32]]) -> dict[str, float]:
    """Covered area in pixels by name, the largest first; ids without a name as ``<1f2e3d4c>``."""
    areas: dict[int, float] = {}
    for identity, cover in layer.ranks:
        weight = np.nan_to_num(channels[cover], nan=0.0, posinf=0.0, neginf=0.0)
        seen = weight > 0
        ids, index = np.unique(_bits(channels[identity])[seen], return_inverse=True)
        for bits, area in zip(ids.tolist(), np.bincount(index, weight[seen], len(ids)).tolist(), strict=True):
            areas[bits] = areas.get(bits, 0.0) + area
    areas.pop(0, None)
    names = {bits: name for name, bits in layer.manifest.items()}
    ordered = sorted(areas.items(), key=lambda entry: (-entry[1], entry[0]))
    return {names.get(bits, f"<{bits:08x}>"): area for bits, area in ordered}


def pick(layer: CryptomatteLayer, channels: Mapping[str, NDArray[np.float32]], x: int, y: int) -> str | None:
    """The name that covers most of the pixel at column ``x``, row ``y``; None where nothing does.

    An id without a name comes as ``<1f2e3d4c>``. Raises :class:`UsageError` outside the frame.
    """
    height, width = channels[layer.ranks[0][0]].shape
    if not (0 <= x < width and 0 <= y < height):
        raise UsageError(f"({x}, {y}) is outside the frame", remedy=f"pick within {width}x{height}")
    best, name = 0.0, None
    for identity, cover in layer.ranks:
        bits, amount = int(_bits(channels[identity][y : y + 1, x : x + 1])[0, 0]), float(channels[cover][y, x])
        if bits and amount > best:
            best, name = amount, next((key for key, known in layer.manifest.items() if known == bits), f"<{bits:08x}>")
    return name


def check_names(
    names: Iterable[str], images: Sequence[tuple[CryptomatteLayer, Mapping[str, NDArray[np.float32]]]]
) -> tuple[str, ...]:
    """Judge ``names`` by one or more images of a shot (layer and channels each).

    A name is good where a manifest lists it or its id occurs in an image.
    Returns warnings for what may still be right; raises :class:`UsageError`
    with the nearest names for a name or wildcard that every manifest lacks and
    no image shows, :class:`InputError` where the ids were destroyed.
    """
    seen: set[int] = set()
    for layer, channels in images:
        present = set(np.unique(np.concatenate([np.unique(_bits(channels[rank])) for rank, _ in layer.ranks])).tolist())
        present.discard(0)
        if len(present) > 1 and not any(bits & 0x1FFF for bits in present):
            raise InputError(
                f"the ids of the Cryptomatte layer {layer.name!r} were rounded to 16 bits",
                remedy="write the Cryptomatte channels as 32-bit float",
            )
        seen |= present
    known = {name for layer, _ in images for name in layer.manifest}
    problems = sorted({layer.problem for layer, _ in images if layer.problem})
    warnings = []
    for name in names:
        if any(_is_known(name, layer, seen) for layer, _ in images):
            continue
        if problems and has_wildcard(name):
            raise UsageError(f"{name!r} looks for names, but {problems[0]}", remedy="give names without * and ?")
        if not problems:
            layer = images[0][0]
            what = "matches nothing" if has_wildcard(name) else "is not"
            raise UsageError(f"{name!r} {what} in the Cryptomatte layer {layer.name!r}", remedy=nearest(name, known))
        warnings.append(f"{name!r} is not in the frames looked at; whether it exists cannot be told, for {problems[0]}")
    return tuple(warnings)


def _layer(
    entry: Mapping[str, str], ranks: Mapping[str, tuple[tuple[str, str], ...]], folder: Path | None
) -> CryptomatteLayer:
    name = entry["name"]
    if "manifest" in entry:
        manifest = parse_manifest(entry["manifest"], f"the manifest of {name!r}")
    elif "manif_file" in entry:
        manifest = read_sidecar(entry["manif_file"], folder)
    else:
        manifest = _NO_MANIFEST
    scheme = (entry.get("hash", _SCHEME[0]), entry.get("conversion", _SCHEME[1]))
    ids = {listed: hash_to_id(bits) for listed, bits in manifest.ids.items()}
    return CryptomatteLayer(name, ranks.get(name, ()), ids, manifest.problem, scheme)


def _bits(channel: NDArray[np.float32]) -> NDArray[np.uint32]:
    return np.ascontiguousarray(channel, np.float32).view(np.uint32)


def _is_known(name: str, layer: CryptomatteLayer, seen: set[int]) -> bool:
    listed = set(layer.manifest.values())
    return not ids_of(layer, (name,)).isdisjoint(listed | seen)
