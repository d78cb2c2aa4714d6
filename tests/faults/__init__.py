"""The fault kit: what the promises of docs/reliability.md are tried with. `make faults` runs all of it."""
