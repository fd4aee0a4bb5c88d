"""``python -m sync``."""

from sync.cli import main

main(prog_name="sync")
