"""Sends what earlier processes left on disk, in a thread of its own beside the live data."""

from __future__ import annotations

import logging
import threading
import uuid
from pathlib import Path
from typing import Any, Callable

from panewall.batch import Batch, files_of, name_of
from panewall.errors import PanewallError, Unreachable
from panewall.rest import MSGPACK, Rest
from panewall.spool import hold_lock, left_behind, read_at, read_session, remove_session, server_folder

logger = logging.getLogger("panewall")


class Drain(threading.Thread):
    """Goes once through the sessions that were left behind for a server, each in the order of its numbers.

    A session whose first waiting batch does not follow what the server has (its process was killed with batches in memory) goes on under
    an id made from the old one, so that draining it twice still sends each batch once.
    """

    def __init__(self, rest: Rest, *, but: str, warn: Callable[[Any, str], None]) -> None:
        super().__init__(name="panewall-drain", daemon=True)
        self._rest = rest
        self._but = but
        self._warn = warn
        self.sent = 0  # commands
        self.waiting = 0  # sessions that could not be sent now

    def run(self) -> None:
        for folder in left_behind(server_folder(self._rest.address.url), but=self._but):
            try:
                lock = hold_lock(folder)
            except OSError:
                continue  # its process lives, or another one drains it
            try:
                self._send_session(folder)
                for path in folder.glob("*.spool"):
                    path.unlink()
                remove_session(folder)
            except PanewallError as error:
                self.waiting += 1
                logger.warning("data in %s still waits: %s", folder, error)
            except Exception:
                self.waiting += 1
                logger.exception("data in %s could not be sent", folder)
            finally:
                lock.close()

    def _send_session(self, folder: Path) -> None:
        session, places = read_session(folder)
        if not places:
            return
        last = self._last(session)
        shift = 0
        first = next((number for number, _, _ in places if number > last), None)
        if first is not None and first > last + 1:
            session = uuid.uuid5(uuid.NAMESPACE_OID, f"{session}:{first}").hex
            shift = first - 1
            last = self._last(session)
        before = self.sent
        expected = last + 1
        for number, path, position in places:
            if number - shift < expected:
                continue
            batch = read_at(path, position)
            if batch is None:
                continue
            batch.number = expected  # a damaged record in between leaves no hole
            if self._send(session, batch):
                expected += 1
                self.sent += batch.count
        logger.info("sent %d commands that waited in %s", self.sent - before, folder)

    def _last(self, session: str) -> int:
        body = self._rest.get(f"/api/v1/ingest/session/{session}")
        return int(body.get("last") or 0) if isinstance(body, dict) else 0

    def _send(self, session: str, batch: Batch) -> bool:
        for digest, data, kind in batch.files:
            status, body = self._rest.upload(data, kind)
            if status in (400, 413, 415):
                gone = batch.leave_out(digest)
                detail = body.get("detail") if isinstance(body, dict) else status
                self._warn(
                    ("drained", "file", *(name_of(command) for command in gone)),
                    f"{files_of(gone)}, which waited, was refused: {detail}",
                )
            elif status >= 400:
                raise Unreachable(f"it answered {status} to an upload")
        status, body = self._rest.ask(
            "POST",
            "/api/v1/ingest",
            content=batch.post(session),
            headers={"Content-Type": MSGPACK, "Accept": MSGPACK},
            timeout=120.0,
        )
        body = body if isinstance(body, dict) else {}
        if status < 400 or (status == 400 and "e" in body):
            for index, error in body.get("e") or []:
                self._warn(
                    ("drained", error.get("code")),
                    f"A command that waited was refused: {error.get('detail')} ({index})",
                )
            return True
        if status in (400, 413) and body.get("code"):
            self._warn(
                ("drained", status), f"{batch.count} commands that waited are left out: {body.get('detail')}"
            )
            return False
        raise Unreachable(f"it answered {status}: {body.get('detail') or 'no reason given'}")
