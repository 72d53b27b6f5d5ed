"""SegBench: SegNet and its rivals under one protocol, with numbers that can be trusted."""

import os

__version__ = "0.2.0"

if "OMP_WAIT_POLICY" not in os.environ:
    # The one thing that happens at import: OpenMP reads it once, when torch loads. Its threads wait
    # for each other by spinning, which on a busy machine takes the time of those they wait for.
    os.environ.setdefault("GOMP_SPINCOUNT", "100")
