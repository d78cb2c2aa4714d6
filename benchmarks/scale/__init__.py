"""What a run of any size takes: a sizing model, plans, and a simulation that is held against what was measured."""
