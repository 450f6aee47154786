"""``python -m panewall_server`` is ``panewall-server``."""

from panewall_server.cli import main

main()
