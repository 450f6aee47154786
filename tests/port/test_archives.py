"""An env goes out as a file and comes back equal; a file that is not what it says changes nothing."""

import hashlib
import io
import json
import math
import wave
import zipfile
from datetime import timedelta
from typing import Any

import msgpack
import numpy as np
import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts import services
from apps.accounts.principals import Principal
from apps.archives import container, exporting, importing, uploads
from apps.envs import arrangements
from apps.envs.models import Env, PaneLayout, View
from apps.errors import DomainError
from apps.media.models import Sample
from apps.windows.models import TextPart, Trace, Window
from apps.windows.selectors import read_trace
from apps.windows.write import stop_committer, write
from tests.port.conftest import picture

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])


class Desk:
    """One person who writes, exports and imports in their own workspace."""

    def __init__(self) -> None:
        self.ann = services.create_user(username="ann")
        self.me = Principal.of_user(self.ann)
        self.home = self.ann.owned_workspaces.get()

    def send(self, *given: dict, env: str = "run") -> None:
        outcome = write(self.me, [{"env": env, **command} for command in given])
        assert outcome == [None] * len(given), outcome

    def env(self, name: str = "run") -> Env:
        return Env.objects.select_related("workspace").get(name=name, deleted_at=None)

    def export(self, name: str = "run") -> bytes:
        file = io.BytesIO()
        exporting.export(self.env(name), file, form="panewall", user_id=self.ann.pk)
        return file.getvalue()

    def bring(self, data: bytes, name: str = "") -> Env:
        made = importing.import_archive(io.BytesIO(data), principal=self.me, workspace=self.home, name=name)
        return made.env


@pytest.fixture
def desk(transactional_db):
    yield Desk()
    stop_committer()


def sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(1600))
    return file.getvalue()


def everything(name: str) -> list:
    """All that an env holds, in a form that can be compared."""
    env = Env.objects.get(name=name, deleted_at=None)
    out: list[Any] = [env.config, env.tags, env.status]
    for window in Window.objects.living().filter(env=env).order_by("place"):
        traces = [
            (t.name, t.mode, sorted(t.columns), t.dates, msgpack.unpackb(bytes(t.attrs)), points(t))
            for t in Trace.objects.filter(window=window).order_by("index")
        ]
        texts = list(TextPart.objects.filter(window=window).order_by("no").values_list("text", flat=True))
        samples = list(
            Sample.objects.filter(window=window).values_list("step", "index", "asset_id", "caption")
        )
        body = msgpack.unpackb(bytes(window.body))
        out.append((window.key, window.kind, window.title, body, traces, texts, samples))
    return comparable(out)


def comparable(value: Any) -> Any:
    """No number is equal to NaN, so numbers are compared as they are written."""
    if isinstance(value, float):
        return f"number {value!r}"
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    return [comparable(item) for item in value] if isinstance(value, list | tuple) else value


def points(trace: Trace) -> Any:
    if not trace.columns:
        return None
    columns = read_trace(trace).columns
    return {n: c.tobytes() if isinstance(c, np.ndarray) else c for n, c in columns.items()}


def fill(desk: Desk) -> None:
    """Every kind of window there is."""
    long = np.cumsum(np.random.default_rng(1).normal(size=70_001))
    array = {"dtype": "f8", "bdata": long.tobytes()}
    desk.send(
        {
            "do": "env.create",
            "config": {"lr": 0.1, "layers": [1, 2]},
            "tags": ["a", "é"],
            "status": "running",
        },
        {
            "do": "trace.append",
            "win": "long",
            "trace": "t",
            "y": array,
            "make": {"title": "Long", "opts": {"xlabel": "x"}},
        },
        {
            "do": "trace.append",
            "win": "long",
            "trace": "u",
            "x": [3, 1, None],
            "y": [1, float("inf"), float("nan")],
        },
        {
            "do": "trace.append",
            "win": "dates",
            "trace": "d",
            "x": ["2024-01-01", "2024-01-02T03:04:05.678"],
            "y": [1, 2],
        },
        {
            "do": "trace.append",
            "win": "cloud",
            "trace": "c",
            "x": [1, 2],
            "y": [3, 4],
            "z": [5, 6],
            "columns": {"text": ["a", None]},
        },
        {
            "do": "window.put",
            "win": "figure",
            "kind": "plot",
            "title": "",
            "layout": {"title": "as a string", "xaxis": {"titlefont": {"size": 9}, "title": "x"}},
            "traces": [
                {"type": "heatmap", "z": [[1, 2, None]] * 9, "name": "h"},
                {"type": "scatter", "x": [], "y": [], "name": "empty"},
                {"type": "bar", "x": ["a", "b"], "y": [1, 2], "marker": {"color": ["red", "blue"]}},
            ],
        },
        {
            "do": "metrics.log",
            "series": {"acc": {"step": [5, 1, 9], "value": [0.5, None, 0.9], "time": [1e9, 2e9, 3e9]}},
        },
        {
            "do": "metrics.log",
            "series": {"many": {"step": list(range(40_000)), "value": long[:40_000].tolist()}},
        },
        {"do": "text.append", "win": "notes", "text": "<b>one</b>"},
        {"do": "text.append", "win": "notes", "text": "two", "title": "Notes é 漢 😀"},
        {"do": "window.put", "win": "<img src=x> / %2F", "kind": "text", "text": ""},
        {
            "do": "window.put",
            "win": "props",
            "kind": "properties",
            "content": {"items": [{"type": "text", "name": "n", "value": "v"}]},
        },
        {
            "do": "window.put",
            "win": "net",
            "kind": "network",
            "content": {
                "nodes": [{"name": "0", "label": "a"}, {"name": "1", "label": "b"}],
                "edges": [{"source": 0, "target": 1}],
            },
            "opts": {"directed": True},
        },
        {
            "do": "window.put",
            "win": "emb",
            "kind": "embeddings",
            "content": {"data": [{"group": 1, "name": "n", "label": "l", "position": [0.5, 1], "idx": 0}]},
        },
        {
            "do": "embeddings.enter",
            "win": "emb",
            "points": [{"group": 2, "name": "m", "label": "l", "position": [0, 1], "idx": 1}],
        },
        {
            "do": "sample.put",
            "win": "pictures",
            "image": picture("teal"),
            "caption": "first",
            "opts": {"store_history": True},
        },
        {"do": "sample.put", "win": "pictures", "image": picture("gold"), "step": 1},
        {
            "do": "sample.put",
            "win": "pictures",
            "image": picture("teal"),
            "step": 1,
            "index": 1,
            "title": "Pictures",
        },
        {"do": "sample.put", "win": "sound", "image": sound(), "caption": "beep"},
        {"do": "window.put", "win": "closed", "kind": "text", "text": "gone"},
        {"do": "window.close", "win": "closed"},
    )
    layout = {"long": {"x": 0, "y": 0, "w": 6, "h": 8}}
    arrangements.create_view(
        env=desk.env(), name="é", state={"layout": layout, "filter": "lo"}, created_by=desk.ann
    )
    arrangements.save_layout(env=desk.env(), user_id=desk.ann.pk, layout=layout)


def test_what_goes_out_comes_back_equal(desk):
    fill(desk)
    made = desk.bring(desk.export(), "copy")
    assert everything("copy") == everything("run")
    assert View.objects.get(env=made).state == View.objects.get(env=desk.env()).state
    assert PaneLayout.objects.get(env=made).layout == PaneLayout.objects.get(env=desk.env()).layout
    again = desk.bring(desk.export("copy"), "copy of the copy")
    assert everything(again.name) == everything("run")


NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=64)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(lambda k: k != "bdata"), inner, max_size=4)
    ),
    max_leaves=8,
)
OPTS = st.dictionaries(TEXTS.filter(lambda k: k not in ("bdata", "dtype")), PLAIN, max_size=4)
LINES = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=30)


@st.composite
def commands(draw) -> list[dict]:
    out: list[dict] = []
    for place in range(draw(st.integers(1, 4))):
        win = f"{place}{draw(TEXTS)}"
        title, opts = draw(TEXTS), draw(OPTS)
        match draw(st.sampled_from(["line", "text", "metric", "figure"])):
            case "line":
                points = draw(LINES)
                made = {"title": title, "opts": opts}
                x, y = [p[0] for p in points], [p[1] for p in points]
                out.append(
                    {"do": "trace.append", "win": win, "trace": draw(TEXTS), "x": x, "y": y, "make": made}
                )
            case "text":
                out.append(
                    {"do": "text.append", "win": win, "text": draw(TEXTS), "title": title, "opts": opts}
                )
            case "metric":
                steps = draw(st.lists(st.integers(-(2**53), 2**53), min_size=1, max_size=20))
                values = draw(st.lists(NUMBERS, min_size=len(steps), max_size=len(steps)))
                out.append({"do": "metrics.log", "series": {win: {"step": steps, "value": values}}})
            case "figure":
                traces = [
                    {
                        "type": "bar",
                        "x": [draw(TEXTS)],
                        "y": draw(st.lists(NUMBERS, max_size=90)),
                        "custom": draw(PLAIN),
                    }
                ]
                out.append(
                    {
                        "do": "window.put",
                        "win": win,
                        "kind": "plot",
                        "title": title,
                        "opts": opts,
                        "traces": traces,
                    }
                )
    return out


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(given_commands=commands())
def test_whatever_programs_send_comes_back_equal(desk, given_commands):
    for env in Env.objects.living().exclude(name="main"):  # of the example before
        desk.send({"do": "env.delete"}, env=env.name)
    desk.send({"do": "env.create"}, *given_commands)
    desk.bring(desk.export(), "copy")
    assert everything("copy") == everything("run")


def test_an_import_that_is_cancelled_leaves_nothing(desk):
    fill(desk)
    data = desk.export()

    class Enough(Exception):
        pass

    def progress(part: float) -> None:
        if part > 0.7:
            raise Enough

    with pytest.raises(Enough):
        importing.import_archive(
            io.BytesIO(data), principal=desk.me, workspace=desk.home, name="copy", progress=progress
        )
    assert not Env.objects.living().filter(name="copy").exists()


def test_an_import_that_a_crash_ended_is_done_anew(desk):
    """The second attempt takes back what the first one made."""
    fill(desk)
    job = uploads.take(io.BytesIO(desk.export()), principal=desk.me, workspace=desk.home, name="copy")
    desk.send({"do": "text.append", "win": "half", "text": "x"}, env="copy")
    job.arguments = {**job.arguments, "env_id": desk.env("copy").pk}
    uploads.bring_in(job)
    assert everything("copy") == everything("run")
    assert not default_storage.exists(job.arguments["path"])


def test_an_upload_without_an_end_is_removed_a_week_later(desk, monkeypatch):
    job = uploads.take(io.BytesIO(b"x"), principal=desk.me, workspace=desk.home, name="copy")
    uploads.remove_old()
    assert default_storage.exists(job.arguments["path"])
    monkeypatch.setattr(uploads, "KEPT", timedelta(seconds=-60))
    uploads.remove_old()
    assert not default_storage.exists(job.arguments["path"])


def test_points_written_during_an_export_are_not_in_it(desk, monkeypatch):
    """The export shows the moment it began."""
    desk.send(
        {"do": "trace.append", "win": "a", "trace": "t", "y": [1]},
        {"do": "trace.append", "win": "b", "trace": "t", "y": [1]},
    )
    write_window = exporting._write_window

    def meanwhile(*args):
        desk.send({"do": "trace.append", "win": "b", "trace": "t", "y": [2]})
        return write_window(*args)

    monkeypatch.setattr(exporting, "_write_window", meanwhile)
    desk.bring(desk.export(), "copy")
    trace = Trace.objects.get(window__env__name="copy", window__key="b")
    assert read_trace(trace).columns["y"].tolist() == [1]


def test_a_taken_name_asks_for_another(desk):
    desk.send({"do": "text.append", "win": "a", "text": "x"})
    with pytest.raises(DomainError, match="under another name") as refused:
        desk.bring(desk.export())
    assert refused.value.code == "name_taken"


def test_who_may_only_look_imports_nothing(desk):
    desk.send({"do": "text.append", "win": "a", "text": "x"})
    vera = services.create_user(username="vera")
    services.add_member(workspace=desk.home, user=vera, role="viewer")
    with pytest.raises(DomainError) as refused:
        importing.import_archive(
            io.BytesIO(desk.export()), principal=Principal.of_user(vera), workspace=desk.home, name="copy"
        )
    assert refused.value.code == "forbidden"


# --- files that are not what they say


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: dict[str, bytes], *, sums: bool = True) -> bytes:
    parts = {name: data for name, data in parts.items() if name != container.SUMS}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
        if sums:
            lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in parts.items()]
            archive.writestr(container.SUMS, "".join(lines))
    return file.getvalue()


def refused(desk: Desk, data: bytes) -> str:
    """The code with which an archive is refused; nothing may be left of it."""
    before = list(Env.objects.living().values_list("name", flat=True))
    with pytest.raises(DomainError) as error:
        desk.bring(data, "copy")
    assert list(Env.objects.living().values_list("name", flat=True)) == before
    return error.value.code


@pytest.fixture
def whole(desk) -> dict[str, bytes]:
    desk.send(
        {"do": "trace.append", "win": "w", "trace": "t", "y": [1, 2]},
        {"do": "sample.put", "win": "i", "image": picture()},
        {"do": "text.append", "win": "n", "text": "x"},
    )
    return parts_of(desk.export())


def test_the_checksums_are_what_sha256sum_takes(whole):
    lines = whole[container.SUMS].decode().splitlines()
    assert len(lines) == len(whole) - 1
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256(whole[name]).hexdigest() == digest


def test_a_file_that_is_no_archive(desk):
    assert refused(desk, b"hello") == "no_archive"
    assert refused(desk, b"") == "no_archive"
    assert refused(desk, zipped({"a.txt": b"x"})) == "no_archive"


def test_an_archive_that_is_cut_off(desk, whole):
    data = zipped(whole)
    for end in (len(data) // 2, len(data) - 1, 30):
        assert refused(desk, data[:end]) == "no_archive"


def test_an_archive_with_a_byte_changed(desk, whole):
    for name in whole:
        if name not in (container.SUMS, container.MANIFEST):
            changed = {**whole, name: whole[name][:-1] + bytes([whole[name][-1] ^ 1])}
            sums = {**parts_of(zipped(changed)), container.SUMS: whole[container.SUMS]}
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w") as archive:
                for part, data in sums.items():
                    archive.writestr(part, data)
            assert refused(desk, file.getvalue()) == "damaged", name


def test_an_archive_that_lacks_a_part(desk, whole):
    for name in whole:
        rest = {part: data for part, data in whole.items() if part != name}
        if name in (container.VIEWS, container.LAYOUT, container.SUMS):
            continue
        assert refused(desk, zipped(rest)) in ("damaged", "no_archive"), name
    assert refused(desk, zipped(whole, sums=False)) == "damaged"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "windows/../x", "a/b.txt", "windows\\x", "assets/x"]
)
def test_a_part_that_does_not_belong_there(desk, whole, name):
    assert refused(desk, zipped({**whole, name: b"x"})) == "no_archive"


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_an_archive_of_another_version(desk, whole, version):
    manifest = {**json.loads(whole[container.MANIFEST]), "version": version}
    assert (
        refused(desk, zipped({**whole, container.MANIFEST: json.dumps(manifest).encode()})) == "wrong_version"
    )


def test_an_archive_that_would_grow_beyond_all_bounds(desk, whole, monkeypatch):
    bomb = zipped({**whole, "windows/000009/000000.text": b"\x00" * 60_000_000})
    assert len(bomb) < 100_000
    monkeypatch.setattr(django_settings.PANEWALL.limits, "archive_bytes", 50_000_000)
    assert refused(desk, bomb) == "too_large"
    monkeypatch.setattr(django_settings.PANEWALL.limits, "archive_bytes", 1000)
    assert refused(desk, zipped(whole)) == "too_large"


def changed(whole: dict[str, bytes], name: str, **fields: Any) -> bytes:
    return zipped({**whole, name: msgpack.packb({**msgpack.unpackb(whole[name]), **fields})})


WINDOW = "windows/000000/window.msgpack"
POINTS = "windows/000000/0000-000000.points"


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "hologram"},
        {"kind": 3},
        {"key": 3},
        {"key": "x" * 301},
        {"title": ["x"]},
        {"body": {"opts": 3}},
        {"body": {"opts": {"a": b"bytes"}}},
        {"traces": [{"columns": ["x"], "parts": -1}]},
        {"traces": [{"columns": ["x"], "parts": 7}]},
        {"traces": [{"columns": ["x"], "parts": 1, "attrs": {"a": b"x"}}]},
        {"texts": 10**9},
    ],
)
def test_a_window_that_no_program_could_send(desk, whole, fields):
    refused(desk, changed(whole, WINDOW, **fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"x": [1]},
        {"x": "text"},
        {"x": {"dtype": "f8", "bdata": b"123"}},
        {"x": {"dtype": "O", "bdata": b""}},
        {"evil": [1, 2]},
        {"text": [b"x", b"y"]},
    ],
)
def test_points_that_no_program_could_send(desk, whole, fields):
    refused(desk, changed(whole, POINTS, **fields))


def test_a_file_under_the_name_of_another(desk, whole):
    """To know the hash of somebody's picture is not to have it."""
    [name] = [name for name in whole if name.startswith("assets/")]
    assert refused(desk, zipped({**whole, name: picture("red")})) == "damaged"


def test_a_file_that_is_no_picture(desk, whole):
    [name] = [name for name in whole if name.startswith("assets/")]
    evil = b"<script>alert(1)</script>"
    digest = hashlib.sha256(evil).hexdigest()
    rest = {part: data for part, data in whole.items() if part != name}
    rest[f"assets/{digest}"] = evil
    [samples] = [part for part in whole if part.endswith(".samples")]
    rest[samples] = msgpack.packb({"samples": [[0, 0, digest, ""]]})
    assert refused(desk, zipped(rest)) == "no_image"


def test_numbers_keep_every_bit(desk):
    odd = [math.pi, -0.0, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan")]
    desk.send({"do": "trace.append", "win": "w", "trace": "t", "x": odd, "y": odd})
    desk.bring(desk.export(), "copy")
    [one, two] = [points(t) for t in Trace.objects.filter(window__key="w").order_by("pk")]
    assert one == two
