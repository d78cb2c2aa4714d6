"""The quickstart's generator: it writes scenarios, calls, answers and questions without a model."""

from ttpa.quickstart.generator.offline import OfflineGenerator

__all__ = ["OfflineGenerator"]
