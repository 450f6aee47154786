#!/usr/bin/env python
"""The server's command line in a bare checkout, where nothing is installed yet."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
from panewall_server.cli import main

if __name__ == "__main__":
    main()
