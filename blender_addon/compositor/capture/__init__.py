"""Frames styled ahead of the render, and their playback: capture and bake."""
