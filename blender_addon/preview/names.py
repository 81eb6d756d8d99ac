"""What can be picked in a plate by name: a layer of its Cryptomatte, or the objects that a network found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..contract.errors import UsageError
from ..contract.name_pattern import as_pattern
from .painter import OpenPlate

__all__ = ["FoundObjects", "Layer", "Names", "NamesSource", "full_layer", "is_nameless", "number_of"]

_OBJECTS_LAYER = "objects"


class Names(Protocol):
    """The names of one plate."""

    @property
    def layer(self) -> str:
        """Under which the backend answers."""

    @property
    def request(self) -> Mapping[str, Any]:
        """Fields of the request for the name at a pixel."""

    def matte(self, name: str) -> Mapping[str, Any]:
        """The matte of a name, as recipes write it."""


class NamesSource(Protocol):
    """What a region takes its names from, in whatever plate; equal sources give equal names."""

    def in_plate(self, plate: OpenPlate) -> Names:
        """Raises :class:`UsageError` with what to do where the plate does not have them."""


@dataclass(frozen=True)
class Layer:
    """A Cryptomatte layer, by its full or short name."""

    layer: str

    def in_plate(self, plate: OpenPlate) -> Names:
        return _LayerNames(full_layer(plate, self.layer))


@dataclass(frozen=True)
class FoundObjects:
    """What a network found, as recipes name it; ``list`` names what it found last, empty where it did not look."""

    model: str
    list: str

    def in_plate(self, plate: OpenPlate) -> Names:
        if not self.list:
            raise UsageError("no objects were found yet", remedy="use Find Objects in the section Matte first")
        return _ObjectNames(self.model)


@dataclass(frozen=True)
class _LayerNames:
    layer: str

    @property
    def request(self) -> Mapping[str, Any]:
        return {"layer": self.layer}

    def matte(self, name: str) -> Mapping[str, Any]:
        return {"cryptomatte": {"layer": self.layer, "names": [as_pattern(name)]}}


@dataclass(frozen=True)
class _ObjectNames:
    model: str
    layer: str = _OBJECTS_LAYER

    @property
    def request(self) -> Mapping[str, Any]:
        return {"objects": self.model}

    def matte(self, name: str) -> Mapping[str, Any]:
        return {"instances": {"model": self.model, "ids": [number_of(name)]}}


def number_of(name: str) -> int:
    """The number of an object, by its name: 3 of ``sports ball 3``."""
    return int(name.rpartition(" ")[2])


def is_nameless(name: str) -> bool:
    """Whether it is what the backend calls an id that the plate gives no name: ``<1f2e3d4c>``."""
    return name.startswith("<") and name.endswith(">")


def full_layer(plate: OpenPlate, layer: str) -> str:
    """The full name of a plate's Cryptomatte layer, given by its full or short name.

    Raises :class:`UsageError` with what to do where the plate has none of that name.
    """
    if plate.plate.encoding != "passes":
        raise UsageError(
            "a picture or movie has no Cryptomatte",
            remedy="pick in a scene strip with its camera, or paint a mask and choose Image or Sequence",
        )
    short = layer.rpartition(".")[2]
    known = [name for name in plate.layers if name == layer] or [
        name for name in plate.layers if name.rpartition(".")[2] == short
    ]
    own = plate.plate.matte_layer or plate.plate.layer
    shown = [name for name in known if name.rpartition(".")[0] == own] or known
    if not shown:
        there = ", ".join(plate.layers) or "none"
        raise UsageError(
            f"the plate has no Cryptomatte layer {layer!r}, it has {there}",
            remedy="render the scene with Cycles or EEVEE, or choose a layer that is there",
        )
    return shown[0]
