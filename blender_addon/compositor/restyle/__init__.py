"""The last render painted anew from its passes, and how its age is known."""
