"""What the Style node and its property are called in files; never to be changed."""

from __future__ import annotations

__all__ = ["NODE_ID"]

NODE_ID = "BrushpassStyleNode"
