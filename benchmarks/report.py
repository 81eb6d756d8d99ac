"""Write what was measured into docs/speed.md, below its heading "Measured".

python benchmarks/report.py
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "speed.md"
HEADING = "## Measured\n"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A markdown table."""
    return ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]


def size(of: list[int]) -> str:
    return f"{of[0]}x{of[1]}"


def network(found: dict[str, Any]) -> Iterator[str]:
    """Forms of the network, and regions."""
    rows = [
        [size(entry["size"]), form, f"{seconds * 1000:.1f}", f"{entry['times_eager'].get(form, 0):.2f}"]
        for entry in found["forms"]
        for form, seconds in entry["seconds"].items()
        if form in entry["times_eager"]
    ]
    yield from table(["network", "form", "ms a frame", "times eager (asked: 1.7)"], rows)
    yield ""
    asked = {"one": "", "three separate": "1.6", "eight in one pass": "1.15"}
    rows = [
        [size(entry["size"]), form, f"{entry['seconds'][form] * 1000:.1f}", f"{part:.2f}", asked[form]]
        for entry in found["regions"]
        for form, part in entry["times_one"].items()
    ]
    yield from table(["regions", "", "ms a frame", "of one", "asked: at most"], rows)
    largest = max(entry["largest_difference"] for entry in found["forms"])
    yield f"\nThe forms differ by at most {largest:.1e} of full scale."


def runtimes(found: dict[str, Any]) -> Iterator[str]:
    """OpenVINO against PyTorch."""
    rows = [
        [
            size(entry["size"]),
            painters,
            f"{entry['seconds']['torch' + suffix] * 1000:.1f}",
            f"{entry['seconds']['openvino' + suffix] * 1000:.1f}",
            f"{entry['of_torch'][painters]:.2f}",
            f"{entry['ready'] * 1000:.0f}",
        ]
        for entry in found["sizes"]
        for painters, suffix in (("alone", ""), ("side by side", " side by side"))
    ]
    heads = [
        "whole frame",
        "painted",
        "PyTorch, ms",
        f"OpenVINO {found['openvino']}, ms",
        "of PyTorch",
        "made ready, ms",
    ]
    yield from table(heads, rows)
    largest = max(entry["largest_difference"] for entry in found["sizes"])
    yield f"\nThe two differ by at most {largest:.1e} of full scale."


def pipeline(found: dict[str, Any]) -> Iterator[str]:
    """Jobs and their stages."""
    networks = found["networks"]
    lines = next(iter(networks.values()))["seconds_per_frame"]
    rows = [
        [name, *(f"{entry['seconds_per_frame'][name] * 1000:.1f}" for entry in networks.values())] for name in lines
    ]
    rows.append(["**of the bare network's speed** (asked: 0.85)", *(f"{e['of_bare']:.2f}" for e in networks.values())])
    yield from table([f"three regions, {size(found['size'])}, EXR to EXR, ms a frame", *networks], rows)
    yield "\nThe stages are those of the stabilised job, and overlap."


def peer(found: dict[str, Any]) -> Iterator[str]:
    """Against per-frame code."""
    rows = [[name, f"{seconds * 1000:.1f}"] for name, seconds in found["seconds_per_frame"].items()]
    yield from table([f"fast_neural_style, {size(found['size'])}, PNG to PNG", "ms a frame"], rows)
    yield f"\nThe job is **{found['times_per_frame_code']:.2f}** times as fast (asked: 2)."


def memory(found: dict[str, Any]) -> Iterator[str]:
    """A long job and a large one."""
    long, large = found["long"], found["4K"]
    rows = [[number, f"{megabytes:.1f}"] for number, megabytes in long["megabytes"].items()]
    yield from table(["frame of the long job", "MB held"], rows)
    yield f"\nAt most **{long['largest_of_frame_200']:.3f}** of frame 200 (asked: 1.02)."
    yield f"Peak of a 4K job: **{large['peak_megabytes'] / 1024:.2f} GB** (asked: 6)."
    if "peak_gpu_megabytes" in large:
        yield f"On the GPU: **{large['peak_gpu_megabytes'] / 1024:.2f} GB** (asked: 4)."


PARTS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "network": network,
    "runtimes": runtimes,
    "pipeline": pipeline,
    "peer": peer,
    "memory": memory,
}


def main() -> int:
    """Write every part that was measured."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    lines = []
    for name, part in PARTS.items():
        path = HERE / f"{name}.json"
        if path.is_file():
            found = json.loads(path.read_text(encoding="utf-8"))
            facts = found["machine"]
            where = f"{facts.get('gpu', facts['processor'])}, {facts['threads']} threads, torch {facts['torch']}"
            lines += ["", f"### `{name}.py`", "", f"{where}.", "", *part(found)]
    text = PAGE.read_text(encoding="utf-8").partition(HEADING)[0]
    PAGE.write_text(text + HEADING + "\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
