"""``python -m panewall sync``: send what earlier programs left on disk while their server was away."""

from __future__ import annotations

import argparse
import sys

from panewall.address import resolve
from panewall.drain import Drain
from panewall.errors import PanewallError
from panewall.rest import Rest


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m panewall", description="Panewall's client on the command line."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    sync = commands.add_parser("sync", help="send what earlier programs left on disk for a server")
    sync.add_argument("--server", help="its address; default: PANEWALL_SERVER, or this machine")
    sync.add_argument("--token", help="an API token; default: PANEWALL_TOKEN, or the credentials file")
    chosen = parser.parse_args(arguments)
    try:
        rest = Rest(resolve(chosen.server, token=chosen.token))
        rest.get("/api/v1/me")
    except PanewallError as error:
        print(error, file=sys.stderr)
        return 1
    drain = Drain(rest, but="", warn=lambda _, text: print(text, file=sys.stderr))
    drain.run()
    rest.close()
    print(f"Sent {drain.sent} commands to {rest.address.url}.")
    if drain.waiting:
        print(f"{drain.waiting} sessions still wait: see the messages above.", file=sys.stderr)
    return 1 if drain.waiting else 0


if __name__ == "__main__":
    sys.exit(main())
