"""``python -m segnet`` is ``segbench``."""

from segnet.cli import main

if __name__ == "__main__":
    main()
