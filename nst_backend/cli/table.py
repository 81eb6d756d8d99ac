"""Text in columns."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["text_table"]


def text_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns as wide as their widest cell, two spaces between; empty columns are left out."""
    used = [index for index in range(len(heading)) if any(row[index] for row in rows)]
    lines = [[line[index] for index in used] for line in (heading, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
