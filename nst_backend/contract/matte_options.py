"""What a region covers: the matte of a recipe, a tree of sources and operations.

Each node is an object with one key, the kind::

    {"cryptomatte": {"layer": "CryptoObject", "names": ["Suzanne", "Hair*"]}}
    {"subtract": [{"everything": {}}, {"grow": {"matte": {...}, "distance": 4}}]}

Other keys beside the kind, and unknown keys within it, are kept as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .codec import decode, encode, option
from .errors import UsageError, nearest

__all__ = [
    "BackgroundMatte",
    "ClickPoint",
    "CocoMatte",
    "CryptomatteMatte",
    "EverythingMatte",
    "Feather",
    "Grow",
    "ImagesMatte",
    "InstancesMatte",
    "Intersect",
    "Matte",
    "MatteOptions",
    "Shrink",
    "Subtract",
    "Union",
]

MAX_DEPTH = 32
MAX_MATTES = 4096
MAX_DISTANCE = 500.0
_DISTANCE_UNIT = "px at 1080 lines"


@dataclass(frozen=True, kw_only=True)
class CryptomatteMatte:
    """Objects, materials or assets of a render, by name."""

    layer: str = option("CryptoObject", help="the Cryptomatte layer, such as CryptoObject or ViewLayer.CryptoMaterial")
    names: tuple[str, ...] = option(help="names as in the manifest; * and ? are wildcards, \\* and \\? are not")
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.layer.strip():
            raise ValueError("layer is empty")
        if not self.names or not all(self.names):
            raise ValueError("names is empty or holds an empty name")


@dataclass(frozen=True, kw_only=True)
class ImagesMatte:
    """A picture for each frame, or one still for all."""

    path: str = option(help="a picture, or a sequence with #### or %04d; relative to the recipe")
    channel: Literal["luma", "red", "green", "blue", "alpha"] = option("luma", help="the channel that is the matte")
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.path.strip():
            raise ValueError("path is empty")


@dataclass(frozen=True, kw_only=True)
class CocoMatte:
    """Annotations in COCO's format; all of a frame's where nothing is chosen."""

    path: str = option(help="the annotations (JSON); relative to the recipe")
    categories: tuple[str | int, ...] = option((), help="category names or ids")
    ids: tuple[int, ...] = option((), help="annotation ids")
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.path.strip():
            raise ValueError("path is empty")


@dataclass(frozen=True, kw_only=True)
class ClickPoint:
    """A pixel of a frame of the plate."""

    frame: int = option(help="the frame", minimum=-999_999_999, maximum=999_999_999)
    x: int = option(help="column, from the left", minimum=0, maximum=16383, unit="px")
    y: int = option(help="row, from the top", minimum=0, maximum=16383, unit="px")


@dataclass(frozen=True, kw_only=True)
class InstancesMatte:
    """Objects that a network finds in the plate and follows through the shot.

    ``ids`` and ``at`` name objects outright; without them, chosen is what meets ``classes``, ``score`` and ``area``.
    """

    model: str = option(
        "mask_rcnn", help="mask_rcnn, yolact, deeplab, or a network of your own: its .segmenter.json, or its name"
    )
    classes: tuple[str, ...] = option((), help="what the objects are, such as person; anything where none is given")
    ids: tuple[int, ...] = option((), help="numbers in the shot's list of objects")
    at: tuple[ClickPoint, ...] = option((), help="pixels of the plate; the object under each is meant")
    score: float = option(0.5, help="least mean score of an object", minimum=0.0, maximum=1.0)
    area: float = option(0.0, help="least mean part of the frame that an object covers", minimum=0.0, maximum=1.0)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.model.strip():
            raise ValueError("model is empty")


@dataclass(frozen=True, kw_only=True)
class BackgroundMatte:
    """What no region in front of it claims."""

    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EverythingMatte:
    """The whole frame."""

    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Union:
    """What any of the mattes covers."""

    mattes: tuple[Matte, ...]


@dataclass(frozen=True, kw_only=True)
class Intersect:
    """What all of the mattes cover."""

    mattes: tuple[Matte, ...]


@dataclass(frozen=True, kw_only=True)
class Subtract:
    """What the first matte covers and none of the others does."""

    mattes: tuple[Matte, ...]


@dataclass(frozen=True, kw_only=True)
class Grow:
    """The matte with its edge moved outward."""

    matte: Matte
    distance: float = option(help="how far the edge moves", minimum=0, maximum=MAX_DISTANCE, unit=_DISTANCE_UNIT)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Shrink:
    """The matte with its edge moved inward."""

    matte: Matte
    distance: float = option(help="how far the edge moves", minimum=0, maximum=MAX_DISTANCE, unit=_DISTANCE_UNIT)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Feather:
    """The matte with its edge softened to both sides."""

    matte: Matte
    distance: float = option(help="how far the softening reaches", minimum=0, maximum=MAX_DISTANCE, unit=_DISTANCE_UNIT)
    extra: Mapping[str, Any] = field(default_factory=dict)


MatteOptions: TypeAlias = (
    CryptomatteMatte
    | ImagesMatte
    | CocoMatte
    | InstancesMatte
    | BackgroundMatte
    | EverythingMatte
    | Union
    | Intersect
    | Subtract
    | Grow
    | Shrink
    | Feather
)

_KINDS: dict[str, type[MatteOptions]] = {
    "cryptomatte": CryptomatteMatte,
    "images": ImagesMatte,
    "coco": CocoMatte,
    "instances": InstancesMatte,
    "background": BackgroundMatte,
    "everything": EverythingMatte,
    "union": Union,
    "intersect": Intersect,
    "subtract": Subtract,
    "grow": Grow,
    "shrink": Shrink,
    "feather": Feather,
}
_LISTS = (Union, Intersect, Subtract)
_FORM = 'give one object such as {"cryptomatte": {"names": ["Hero"]}}'


@dataclass(frozen=True, kw_only=True)
class Matte:
    """One node of the tree: its options, and keys beside the kind that are kept."""

    options: MatteOptions
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The key in the recipe."""
        return next(kind for kind, cls in _KINDS.items() if type(self.options) is cls)

    @property
    def children(self) -> tuple[Matte, ...]:
        """The mattes that this one is made of."""
        if isinstance(self.options, _LISTS):
            return self.options.mattes
        if isinstance(self.options, (Grow, Shrink, Feather)):
            return (self.options.matte,)
        return ()

    def walk(self) -> Iterator[Matte]:
        """This node and all below it, from the root down."""
        yield self
        for child in self.children:
            yield from child.walk()

    @classmethod
    def from_json(cls, value: object, where: str) -> Matte:
        """Validate parsed JSON.

        Raises :class:`UsageError` naming the key, what it holds and what it may hold.
        """
        _check_size(value, where)
        if not isinstance(value, Mapping) or not value:
            shown = repr(value)
            raise UsageError(f"{where} is {shown[:57] + '...' if len(shown) > 60 else shown}", remedy=_FORM)
        kinds = [key for key in value if key in _KINDS]
        if not kinds:
            key = str(next(iter(value)))
            raise UsageError(f"{where} is of the unknown kind {key!r}", remedy=nearest(key, _KINDS))
        if len(kinds) > 1:
            raise UsageError(
                f"{where} has the kinds {kinds[0]!r} and {kinds[1]!r}",
                remedy='keep one, or combine them: {"union": [..., ...]}',
            )
        kind = kinds[0]
        extra = {str(key): entry for key, entry in value.items() if key != kind}
        return cls(options=_options(_KINDS[kind], value[kind], f"{where}.{kind}" if where else kind), extra=extra)

    def to_json(self) -> dict[str, Any]:
        """The form in the recipe; the inverse of :meth:`from_json`."""
        options = self.options
        plain = [matte.to_json() for matte in options.mattes] if isinstance(options, _LISTS) else encode(options)
        return {self.kind: plain, **self.extra}

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """JSON Schema (draft 2020-12), a resource of its own since it refers to itself."""
        kinds = [
            {"type": "object", "required": [kind], "properties": {kind: _schema(cls)}, "description": cls.__doc__}
            for kind, cls in _KINDS.items()
        ]
        return {"$id": "urn:brushpass:matte", "title": "Matte", "oneOf": kinds}


def _schema(cls: type[MatteOptions]) -> dict[str, Any]:
    # The schema module describes the whole recipe and so imports this one.
    from .schema import dataclass_schema

    this = {"$ref": "#"}
    if cls in _LISTS:
        return {"type": "array", "items": this, "minItems": _fewest(cls)}
    if cls in (Grow, Shrink, Feather):
        distance = {"type": "number", "minimum": 0, "maximum": MAX_DISTANCE, "description": _DISTANCE_UNIT}
        properties = {"matte": this, "distance": distance}
        return {"type": "object", "required": sorted(properties), "properties": properties}
    return dataclass_schema(cls)


def _fewest(cls: type[MatteOptions]) -> int:
    return 2 if cls is Subtract else 1


def _options(cls: type[MatteOptions], value: object, where: str) -> MatteOptions:
    if cls is Union or cls is Intersect or cls is Subtract:
        if not isinstance(value, (list, tuple)) or len(value) < _fewest(cls):
            raise UsageError(f"{where} is not a list of mattes", remedy=f"give at least {_fewest(cls)} in [ ]")
        return cls(mattes=tuple(Matte.from_json(entry, f"{where}[{index}]") for index, entry in enumerate(value)))
    return decode(cls, value, where, keep_unknown=True)


def _check_size(value: object, where: str) -> None:
    """Refuse a nest that would exhaust the stack, before anything recurses into it."""
    containers = (Mapping, list, tuple)
    level, depth, mattes = [value] if isinstance(value, containers) else [], 0, 0
    while level:
        mattes += sum(isinstance(entry, Mapping) for entry in level)
        # An operation takes two levels of JSON.
        if depth > 2 * MAX_DEPTH or mattes > MAX_MATTES:
            raise UsageError(
                f"{where} is nested too deeply or has too many parts",
                remedy=f"stay below {MAX_DEPTH} levels and {MAX_MATTES} mattes",
            )
        lists = (entry.values() if isinstance(entry, Mapping) else entry for entry in level)
        level = [child for entries in lists for child in entries if isinstance(child, containers)]
        depth += 1
