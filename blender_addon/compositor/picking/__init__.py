"""Names and objects picked in pictures: the eyedropper, and objects found in a captured plate."""
