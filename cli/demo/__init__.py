"""The demonstration: the main job on real input, against the running service."""

from cli.demo.run import run_demo

__all__ = ["run_demo"]
