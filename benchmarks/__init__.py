"""Measurements, run by hand: `python -m benchmarks.decision`, `python -m benchmarks.http`."""
