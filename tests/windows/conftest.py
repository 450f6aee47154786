"""A committer of the test's own, a writer, and eyes that see what pages would."""

import threading
import uuid
from collections.abc import Iterator

import pytest

from apps.accounts import services
from apps.accounts.principals import Principal
from apps.envs.models import Env
from apps.windows import write as write_path
from apps.windows.committer import Batch, Committer, Outcome
from apps.windows.models import Trace
from apps.windows.selectors import read_trace
from apps.windows.transaction import EnvDelta


class Desk:
    """Submits batches as a connection does, and waits for what became of them."""

    def __init__(self) -> None:
        self.published: list[EnvDelta] = []
        self.committer = Committer(self.published.extend)
        self.committer.start()

    def send(
        self, principal: Principal, *commands: dict, session: str | None = None, number: int = 1
    ) -> Outcome:
        done, box = threading.Event(), []
        self.committer.submit(
            Batch(
                principal,
                list(commands),
                lambda outcome: (box.append(outcome), done.set()),
                session=session,
                number=number,
                source=uuid.uuid4(),
            )
        )
        assert done.wait(30)
        return box[0]


@pytest.fixture
def desk(transactional_db) -> Iterator[Desk]:
    made = Desk()
    yield made
    made.committer.stop()
    write_path.stop_committer()


@pytest.fixture
def ann(transactional_db) -> Principal:
    return Principal.of_user(services.create_user(username="ann"))


@pytest.fixture
def bob(transactional_db) -> Principal:
    return Principal.of_user(services.create_user(username="bob"))


def line(env: str, win: str, y: list, **more: object) -> dict:
    return {"do": "trace.append", "env": env, "win": win, "trace": "loss", "y": y, **more}


def values(env: str, win: str, index: int = 0) -> list:
    """What the database holds of a trace's y."""
    trace = Trace.objects.get(
        window__env=Env.objects.get(name=env, deleted_at=None),
        window__key=win,
        window__deleted_at=None,
        index=index,
    )
    return [None if v != v else v for v in read_trace(trace).columns["y"].tolist()]
