"""Stage ``validate``: no name reaches a shell unchecked. ``python -m pipelines.validate``.

DVC puts names of ``params.yaml`` into the commands of the other stages. Those that need no other
stage depend on the file that this one leaves, so that none starts before the names are checked.
"""

from __future__ import annotations

from segnet.atomic import write_atomically
from segnet.bench.config import load_config
from segnet.errors import exit_on_user_error
from segnet.paths import VALIDATED


def main() -> None:
    """Check ``params.yaml``; the file that is left is always the same, so nothing runs anew."""
    load_config()
    write_atomically(VALIDATED, "params.yaml was checked\n")


if __name__ == "__main__":
    with exit_on_user_error():
        main()
