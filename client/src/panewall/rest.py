"""Requests that need an answer, over HTTP with timeouts: reads, uploads, and batches that cannot go by websocket."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from panewall.address import Address
from panewall.batch import unpack
from panewall.errors import Unauthorized, Unreachable, refusal

if TYPE_CHECKING:
    import httpx

CONNECT_S = 5.0
ANSWER_S = 30.0
MSGPACK = "application/msgpack"


class Rest:
    """One server's REST interface. Safe to use from several threads, and after a fork."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._client: httpx.Client | None = None
        self._pid = 0
        self._lock = threading.Lock()
        self._workspace: str | None = None

    def _http(self) -> httpx.Client:
        with self._lock:
            if self._client is None or self._pid != os.getpid():
                import httpx

                self._client = httpx.Client(
                    timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
                    proxy=self.address.proxy and _with_scheme(self.address.proxy),
                    headers={"User-Agent": "panewall"},
                )
                self._pid = os.getpid()
            return self._client

    def after_fork(self) -> None:
        self._client = None
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            if self._client is not None and self._pid == os.getpid():
                self._client.close()
            self._client = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        json: Any = None,
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
        timeout: float | None = None,
    ) -> tuple[int, Any]:
        """Status and decoded body of one request. Statuses of refusal are answers too.

        Raises:
            Unreachable: no answer in time.
        """
        import httpx

        token = self.address.find_token()
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        sent.update(headers or {})
        extra: dict[str, Any] = (
            {} if timeout is None else {"timeout": httpx.Timeout(timeout, connect=min(timeout, CONNECT_S))}
        )
        try:
            answer = self._http().request(
                method,
                self.address.url + path,
                content=content,
                json=json,
                headers=sent,
                params=params,
                **extra,
            )
        except httpx.HTTPError as error:
            raise Unreachable(
                f"No answer from {self.address.url}: {error or type(error).__name__}"
            ) from error
        return answer.status_code, _decoded(answer)

    def upload(self, data: bytes, kind: str = "") -> tuple[int, Any]:
        """Store a file for `sample.put`. Its header says what it is, or ``kind``, its content type.

        Raises:
            Unreachable: no answer in time.
        """
        headers = {"Content-Type": kind or "application/octet-stream"}
        return self.ask(
            "POST", "/api/v1/assets", content=data, headers=headers, timeout=120.0 + len(data) / 2**20
        )

    def get(self, path: str, **options: Any) -> Any:
        """The decoded body of a successful GET.

        Raises:
            Refused: the server said no.
            Unreachable: no answer in time.
        """
        return self.demand("GET", path, **options)

    def demand(self, method: str, path: str, **options: Any) -> Any:
        status, body = self.ask(method, path, **options)
        if status >= 400:
            error = refusal(status, body)
            if isinstance(error, Unauthorized):
                from panewall.websocket import no_token_text

                error = Unauthorized(no_token_text(self.address), code=error.code, status=401)
            raise error
        return body

    @property
    def workspace(self) -> str:
        """The name of the workspace in which an env without a workspace lies."""
        if self._workspace is None:
            self._workspace = _own_workspace(self.get("/api/v1/me"))
        return self._workspace

    def env_path(self, env: str) -> str:
        """The address of an env: ``name`` in the own workspace, or ``workspace/name``."""
        workspace, slash, name = env.partition("/")
        if not slash:
            workspace, name = self.workspace, env
        return f"/api/v1/envs/{quote(workspace, safe='')}/{quote(name, safe='')}"


def _with_scheme(proxy: str) -> str:
    return proxy if "://" in proxy else "http://" + proxy


def _decoded(answer: httpx.Response) -> Any:
    kind = answer.headers.get("content-type", "")
    try:
        if kind.startswith(MSGPACK):
            return unpack(answer.content)
        if "json" in kind:
            return answer.json()
    except ValueError:
        return None
    return answer.content


def _own_workspace(me: Any) -> str:
    workspace = me.get("workspace") if isinstance(me, dict) else None
    if isinstance(workspace, dict):
        workspace = workspace.get("name")
    if not workspace:
        user = me.get("user") if isinstance(me, dict) else None
        workspace = me.get("username") or (
            user.get("username") or user.get("name") if isinstance(user, dict) else user
        )
    return str(workspace)
