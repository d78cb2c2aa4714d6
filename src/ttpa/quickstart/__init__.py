"""The embedded default: real offline tools, an offline generator, a small policy trained on the spot."""
