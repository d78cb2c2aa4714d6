"""Stages: what happens, one public verb each, in the order of their folders in the run directory."""
