"""Long work on strips: one after another, beside Blender, described on disk so that it can be resumed.

Nothing in this room imports ``bpy``: it runs, and is tested, in any Python.
"""
