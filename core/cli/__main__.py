"""``python -m core.cli`` is ``stylobate``."""

from core.cli import main

main()
