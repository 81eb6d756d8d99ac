"""Shots of three characters on a stage, to train a segmenter on and to judge it by.

``demo.characters.render`` runs in Blender's Python; ``shots`` needs the standard library alone.
"""
