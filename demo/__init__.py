"""The demo scene: a short animated shot with everything that Brushpass reads.

``demo.render`` runs in Blender's Python; ``motion`` and ``shapes`` need numpy alone.
"""
