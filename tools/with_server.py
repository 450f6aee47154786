"""Run a command against the Panewall server of this machine, starting one first if none answers.

    python tools/with_server.py python examples/digits.py

A server that was started here goes on after the command, until Ctrl-C, so that its wall can be looked at;
without a terminal it ends with the command.
"""

import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request

URL = os.environ.get("PANEWALL_SERVER", f"http://127.0.0.1:{os.environ.get('PANEWALL_PORT', '8097')}").rstrip(
    "/"
)
READY = "Panewall is ready at "


def main(command: list[str]) -> int:
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    if answers(URL):
        return run(command, URL)
    server = subprocess.Popen(["panewall-server", "serve"], stdout=subprocess.PIPE, text=True)
    try:
        url = wait_until_ready(server)
        if url is None:
            return server.wait() or 1
        status = run(command, url)
        if status == 0 and sys.stdin.isatty():
            print(f"\nThe wall stays open at {url} until you press Ctrl-C.", flush=True)
            server.wait()
        return status
    except KeyboardInterrupt:
        return 130
    finally:
        server.terminate()
        server.wait()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as response:
            return response.status == 200
    except (OSError, urllib.error.URLError):
        return False


def wait_until_ready(server: subprocess.Popen[str]) -> str | None:
    """Pass on what the server prints, and return its address once it is ready; None if it ended instead."""
    assert server.stdout is not None
    for line in server.stdout:
        print(line, end="", flush=True)
        if line.startswith(READY):
            threading.Thread(target=pass_on, args=(server,), daemon=True).start()
            return line.removeprefix(READY).split()[0].rstrip("/")
    return None


def pass_on(server: subprocess.Popen[str]) -> None:
    assert server.stdout is not None
    for line in server.stdout:
        print(line, end="", flush=True)


def run(command: list[str], url: str) -> int:
    return subprocess.run(command, env=os.environ | {"PANEWALL_SERVER": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
