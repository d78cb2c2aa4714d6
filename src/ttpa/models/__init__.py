"""Models: how we ask one, through messages or through tokens."""
