"""The run directory: its layout, record files, journal and lock."""
