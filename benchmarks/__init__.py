"""Measurements, run by hand: `python -m benchmarks.decision`, `python -m benchmarks.over_http`."""
