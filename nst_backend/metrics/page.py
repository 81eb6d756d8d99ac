"""Pieces of an HTML page that opens offline: pictures lie within it, nothing is fetched, no script runs."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

import cv2
import numpy as np

from ..contract.errors import UsageError
from ..image.warp import FloatArray

__all__ = ["document", "figure", "picture_uri", "table"]

_POLICY = "default-src 'none'; img-src data:; media-src 'self' file:; style-src 'unsafe-inline'"
_LOOK = """
body{font:15px/1.5 system-ui,sans-serif;color:#222;background:#f6f5f2;margin:0 auto;padding:24px;max-width:1500px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:32px 0 8px}p{max-width:75ch}
table{border-collapse:collapse;background:#fff}td,th{padding:6px 12px;border:1px solid #ddd;vertical-align:top}
th{text-align:left;background:#eee}td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
figure{margin:0}figcaption{font-size:13px;color:#555;padding:2px 0 10px}img,video{display:block;max-width:100%}
.row{display:grid;gap:10px;grid-auto-flow:column;grid-auto-columns:minmax(0,1fr)}
.tiles{display:grid;gap:10px;grid-template-columns:repeat(auto-fill,minmax(280px,1fr));margin:0 0 28px}
.charts{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(440px,1fr))}
svg{width:100%;height:auto;border:1px solid #ddd}
"""


def document(title: str, body: Iterable[str]) -> str:
    """A whole page; ``body`` holds HTML, ``title`` text."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_LOOK}</style></head><body>\n"
        f"<h1>{escape(title)}</h1>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def table(heading: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int] = ()) -> str:
    """A table of texts; the columns of ``numbers`` stand to the right."""
    right = set(numbers)

    def cells(row: Sequence[str]) -> str:
        return "".join(
            f"<td{' class=number' if index in right else ''}>{escape(cell)}</td>" for index, cell in enumerate(row)
        )

    head = "".join(f"<th>{escape(cell)}</th>" for cell in heading)
    return f"<table><tr>{head}</tr>" + "".join(f"<tr>{cells(row)}</tr>" for row in rows) + "</table>"


def figure(picture: FloatArray, caption: str) -> str:
    """A picture ``(H, W, 3)`` sRGB in 0..1 with its caption."""
    return (
        f'<figure><img src="{picture_uri(picture)}" alt="{escape(caption, quote=True)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def picture_uri(picture: FloatArray, *, quality: int = 88) -> str:
    """A picture ``(H, W, 3)`` in 0..1 as a data URI of JPEG.

    Raises :class:`UsageError` where it is too large for one.
    """
    samples = np.rint(np.clip(np.nan_to_num(picture), 0, 1) * 255).astype(np.uint8)
    done, data = False, np.zeros(0, np.uint8)
    if max(samples.shape[:2]) <= 65535:
        done, data = cv2.imencode(".jpg", samples[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise UsageError(f"a picture of {picture.shape} does not fit into a page", remedy="give a smaller width")
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
