"""What flows: frozen, closed, JSON-serialisable records. They import nothing else of the package."""
