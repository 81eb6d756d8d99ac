"""``nst mattes``: what a plate's Cryptomatte holds, and any of it as a matte."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.errors import ExitCode, InputError, UsageError
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind, stop_if_cancelled
from .progress import add_progress
from .reporters import QuietReporter
from .table import text_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..mattes.cryptomatte import CryptomatteLayer
    from ..media.plate import Frame, Plate

__all__ = ["add", "run"]

_SUFFIXES = (".exr", ".png", ".tif", ".tiff")


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "List the Cryptomatte layers and names of a plate, or write a matte of some of them."
    parser = commands.add_parser("mattes", help=text, description=text, allow_abbrev=False)
    parser.add_argument("plate", metavar="PLATE", help="an EXR file, or a sequence with #### or %%04d")
    parser.add_argument("--frame", type=int, metavar="N", help="the frame to look at (default: the first)")
    parser.add_argument("--layer", metavar="NAME", help="one layer, such as CryptoObject or ViewLayer.CryptoMaterial")
    parser.add_argument(
        "--write",
        nargs="+",
        metavar="NAME",
        help="write the matte of these names; * and ? are wildcards, <1f2e3d4c> an id",
    )
    parser.add_argument(
        "-o", "--output", metavar="PATH", help="the matte: EXR (float), PNG or TIFF (16 bit), with #### for a sequence"
    )
    parser.add_argument("--frames", metavar="RANGE", help="the frames to write (default: all, or --frame)")
    parser.add_argument("--overwrite", action="store_true", help="replace mattes that are there")
    add_progress(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """List names with their covered area, or write coverage frame by frame."""
    _check_options(arguments)
    from ..mattes.cryptomatte import find_layer, names_in
    from ..media.plate import open_plate

    plate = open_plate(arguments.plate)
    number = arguments.frame if arguments.frame is not None else plate.numbers[0]
    frame = plate.read(number, extra=lambda name: True)
    layers = _layers(frame, arguments.plate)
    if arguments.layer is not None:
        layers = (find_layer(layers, arguments.layer),)
    if arguments.write:
        return _write(arguments, reporter, plate, frame, _layer_of(layers, frame, arguments.write, reporter))
    pixels = plate.size[0] * plate.size[1]
    for layer in layers:
        print(f"{layer.name}  (frame {number}, {layer.levels} levels{', ' + layer.problem if layer.problem else ''})")
        if layer.ranks:
            areas = names_in(layer, frame.channels)
            rows = [(name, f"{area:.1f} px", f"{area / pixels:.2%}") for name, area in areas.items()]
            print(text_table(("name", "area", "of the frame"), rows or [("nothing is covered", "", "")]))
        print()
    return ExitCode.DONE


def _check_options(arguments: argparse.Namespace) -> None:
    if not arguments.write:
        if arguments.output or arguments.frames:
            raise UsageError("no names are given to write", remedy="add --write NAME")
        return
    if not arguments.output:
        raise UsageError("no output is given", remedy="add -o, such as -o matte.####.exr")
    suffix = Path(arguments.output).suffix.lower()
    if suffix not in _SUFFIXES:
        raise UsageError(
            f"mattes cannot be written as {suffix or 'a file without suffix'}", remedy=f"give {' '.join(_SUFFIXES)}"
        )


def _layers(frame: Frame, plate: str) -> tuple[CryptomatteLayer, ...]:
    from ..mattes.cryptomatte import list_layers

    layers = list_layers(frame.header, frame.channels, Path(plate).resolve().parent)
    if not layers:
        raise InputError(
            f"{plate} holds no Cryptomatte",
            remedy="enable the Cryptomatte passes of the view layer and render to OpenEXR MultiLayer",
        )
    return layers


def _layer_of(
    layers: Sequence[CryptomatteLayer], frame: Frame, names: Sequence[str], reporter: QuietReporter
) -> CryptomatteLayer:
    """The first layer that knows all ``names``; the first layer's complaint where none does."""
    from ..mattes.cryptomatte import check_names

    complaint: UsageError | None = None
    for layer in layers:
        if not layer.ranks:
            continue
        try:
            warnings = check_names(names, [(layer, frame.channels)])
        except UsageError as error:
            complaint = complaint or error
            continue
        for warning in warnings:
            reporter.emit(Event(EventKind.WARNING, {"problem": warning}))
        return layer
    raise complaint or InputError(
        "the Cryptomatte channels are missing", remedy="keep all channels when converting the plate"
    )


def _write(
    arguments: argparse.Namespace, reporter: QuietReporter, plate: Plate, first: Frame, layer: CryptomatteLayer
) -> int:
    from ..mattes.cryptomatte import coverage_of, find_layer, ids_of
    from ..media.same_file import refuse_replacing
    from ..media.sequence import FramePattern, is_pattern

    numbers = _numbers(arguments, plate)
    pattern = FramePattern.parse(arguments.output) if is_pattern(arguments.output) else None
    if pattern is None and len(numbers) > 1:
        raise UsageError("several frames would be written to one file", remedy="put #### into -o, or add --frame N")
    paths = {number: pattern.path(number) if pattern else Path(arguments.output) for number in numbers}
    source = FramePattern.parse(arguments.plate).path if is_pattern(arguments.plate) else None
    refuse_replacing(paths.values(), map(source, plate.numbers) if source else [Path(arguments.plate)])
    there = [path for path in paths.values() if path.exists()]
    if there and not arguments.overwrite:
        raise UsageError(f"{there[0]} is there already", remedy="choose another name, or add --overwrite")
    for done, number in enumerate(numbers, 1):
        stop_if_cancelled(reporter)
        wanted = {channel for pair in layer.ranks for channel in pair}
        frame = first if number == first.number else plate.read(number, extra=wanted.__contains__)
        # Manifests may differ from frame to frame.
        found = find_layer(_layers(frame, arguments.plate), layer.name)
        _save(paths[number], coverage_of(found, frame.channels, ids_of(found, arguments.write)))
        reporter.emit(
            Event(EventKind.PROGRESS, {"stage": "write", "done": done, "total": len(numbers), "frame": number})
        )
    if not reporter.machine_readable:
        print(f"{', '.join(arguments.write)} of {layer.name}, frames {FrameRange.of(numbers)} → {arguments.output}")
    return ExitCode.DONE


def _numbers(arguments: argparse.Namespace, plate: Plate) -> tuple[int, ...]:
    if arguments.frames is None:
        return plate.numbers if arguments.frame is None else (arguments.frame,)
    asked = FrameRange.parse(arguments.frames, "--frames").numbers
    missing = sorted(set(asked) - set(plate.numbers))
    if missing:
        raise InputError(f"the plate has no frame {missing[0]}", remedy=f"give some of {FrameRange.of(plate.numbers)}")
    return asked


def _save(path: Path, coverage: NDArray[np.float32]) -> None:
    if path.suffix.lower() == ".exr":
        from ..media.exr import write_exr

        write_exr(path, {"Y": coverage})
    else:
        from ..media.images import write_image

        write_image(path, coverage[:, :, None].repeat(3, axis=2), depth=16)
