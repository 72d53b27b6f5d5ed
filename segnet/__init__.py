"""SegBench: SegNet and its rivals under one protocol, with numbers that can be trusted."""

__version__ = "0.2.0"
