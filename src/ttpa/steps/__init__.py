"""Steps: what each part of a run reads from its directory, which stage it applies, and what it writes."""
