"""The networks that find objects: a file each, which defines ``ARCHITECTURE``; one more is one more file."""
