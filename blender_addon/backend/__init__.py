"""The backend as Blender sees it: where it lives, how it is made, how it is spoken to.

Nothing in this room imports ``bpy``: it runs, and is tested, in any Python.
"""
