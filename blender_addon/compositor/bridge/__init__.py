"""A frame painted in the very render that makes it: from the renderer to the backend and back."""
