"""The node itself: what it is in the file, what hangs on it, and what it needs to stay right."""
