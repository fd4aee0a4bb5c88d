"""``python -m sync``."""

import sys

try:
    from sync.cli import main

    main(prog_name="sync")
except KeyboardInterrupt:  # while modules are still imported
    sys.exit(130)
