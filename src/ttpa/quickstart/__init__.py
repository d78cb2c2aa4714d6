"""The embedded default: real offline tools, an offline generator, a small pretrained policy."""
