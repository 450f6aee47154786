"""A page without a screen that shows a comparison."""

from typing import Any

from tests.support.page import WIDTH, Page
from tests.support.server import Server


class ComparisonPage(Page):
    """As ``Page``, for several envs. ``heard`` keeps the frames that are no data."""

    def __init__(self, server: Server, token: str, *envs: str, width: int = WIDTH) -> None:
        self.envs, self.width = list(envs), width
        self.heard: list[dict] = []
        self.full: bool | None = None
        super().__init__(server, token, "+".join(envs))

    def subscribe(self) -> None:
        self.ask()
        while not self.gone and not self.step().get("last"):
            pass

    def ask(self) -> None:
        message: dict[str, Any] = {"t": "compare", "envs": self.envs, "width": self.width}
        if self.revision is not None:
            message["windows"] = {number: look["rev"] for number, look in self.windows.items()}
            message["have"] = {i: [t["gen"], t["n"]] for i, t in self.traces.items() if i not in self.stale}
        self._send(message)

    def step(self, timeout: float = 20) -> dict:
        message = super().step(timeout)
        if message["t"] in ("snap", "job", "gone"):
            self.heard.append({name: value for name, value in message.items() if name != "ops"})
        if message["t"] == "snap":
            self.full = message["full"]
        return message

    def until(self, is_so, what: str) -> None:
        """Take frames in until something is so."""
        for _ in range(1000):
            if is_so():
                return
            self.step()
        raise AssertionError(f"It never came to {what}.")

    # -- what it shows

    def named(self, title: str, kind: str | None = None) -> dict:
        """The one window of a title that is nobody's own."""
        [found] = [
            look
            for number, look in self.windows.items()
            if number < 0 and look["title"] == title and kind in (None, look["kind"])
        ]
        return found

    def lines(self, title: str) -> dict[str, list]:
        """{legend name: y} of a merged plot."""
        return {head["name"]: self.traces[head["id"]]["columns"]["y"] for head in self.named(title)["traces"]}

    @property
    def legend(self) -> list[tuple[int, str]]:
        return [(env["n"], env["name"]) for env in self.windows[-1]["content"]["envs"]]
