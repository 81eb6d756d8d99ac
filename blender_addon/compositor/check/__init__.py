"""What would make a render fail or lie, before it begins."""
