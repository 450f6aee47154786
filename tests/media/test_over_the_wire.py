"""Samples and files of a running server, with its worker: on the live wire, on shared pages, over HTTP."""

import io
import os
import struct
import uuid

import httpx
import msgpack
import psutil
import pytest
from PIL import Image

from tests.compare.page import ComparisonPage
from tests.media.conftest import encoded, noise
from tests.support import sounds
from tests.support.browser import signed_in
from tests.support.page import Page
from tests.support.waiting import wait_for

MB = 1024 * 1024


@pytest.fixture(scope="module")
def program(server):
    with server.client() as client:
        yield client


@pytest.fixture
def env() -> str:
    return f"media-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def watch(server, token):
    pages = []

    def open_page(env: str, **options) -> Page:
        pages.append(Page(server, options.pop("token", token), env, **options))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


def send(program, *commands: dict) -> None:
    answer = program.post(
        "/api/v1/ingest",
        content=msgpack.packb({"c": list(commands)}),
        headers={"Content-Type": "application/msgpack"},
    )
    assert answer.status_code == 200, msgpack.unpackb(answer.content)


def put(env: str, win: str, image: bytes, **more) -> dict:
    return {"do": "sample.put", "env": env, "win": win, "image": image, **more}


def answer(page: Page, kind: str, **wanted) -> dict:
    """The next frame of a kind after a ``want``."""
    page._send({"t": "want", "env": page.env_id, "req": 7, **wanted})
    return heard(page, kind)


def heard(page: Page, kind: str) -> dict:
    while (message := msgpack.unpackb(page._socket.recv(timeout=30)))["t"] != kind:
        pass
    return message


def share(program, env: str) -> str:
    return program.post(f"/api/v1/envs/owner/{env}/links", json={"name": "x"}).json()["url"].rstrip("/")


def test_a_page_asks_for_the_index_of_samples_also_on_a_shared_page(program, watch, env):
    send(program, *[put(env, "w", sounds.png(n), step=n, index="next") for n in (4, 1, 4)])
    link = httpx.URL(share(program, env)).path
    for page in (watch(env), watch(f"owner/{env}", token="", path=f"{link}/ws/live")):
        (window,) = page.windows
        (op,) = answer(page, "data", samples=[window, 10**12])["ops"]
        assert (op[0], op[1], op[2]["n"]) == ("i", window, 3)
        assert struct.unpack("<3q", op[2]["step"]["bdata"]) == (1, 4, 4)
        assert struct.unpack("<3i", op[2]["index"]["bdata"]) == (0, 0, 1)


def test_a_comparison_tells_the_samples_of_all_its_envs(server, token, program, env):
    names = [f"{env}-{n}" for n in range(3)]
    for place, name in enumerate(names):
        send(program, *[put(name, "w", sounds.png(n), step=n) for n in range(place + 1)])
    page = ComparisonPage(server, token, *names)
    cells = next(look for look in page.windows.values() if look["kind"] == "cells")
    windows = [cell["window"] for cell in cells["content"]["cells"]]
    ops = answer(page, "data", samples=windows)["ops"]
    page.close()
    assert {op[1]: op[2]["n"] for op in ops} == dict(zip(windows, (1, 2, 3), strict=True))


def test_a_page_follows_a_video_until_it_can_be_played_everywhere(program, watch, env, film):
    send(program, put(env, "v", film("avi", "-c:v", "mpeg4", "-c:a", "mp3")))
    page = watch(env)
    (look,) = page.windows.values()
    sha256 = look["content"]["samples"][0]["asset"]
    state = answer(page, "asset", assets=[sha256])
    seen = [state]
    while state["state"] not in ("ready", "failed"):
        seen.append(state := heard(page, "asset"))
    assert (state["state"], state["env"], state["asset"]) == ("ready", page.env_id, sha256)
    assert state["renditions"] == ["poster", "mp4", "waveform"]
    assert (state["width"], state["height"], state["duration"]) == (160, 120, pytest.approx(0.5, abs=0.2))
    assert [frame["progress"] for frame in seen] == sorted(frame["progress"] for frame in seen)
    base = f"/api/v1/envs/owner/{env}/assets/{sha256}"
    part = program.get(f"{base}/mp4", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content, part.headers["content-type"]) == (206, b"ftyp", "video/mp4")
    assert program.get(f"{base}/poster").headers["content-type"] == "image/webp"
    assert program.get(f"{base}/waveform").json()["peaks"]
    job = next(row for row in program.get("/api/v1/jobs").json()["results"] if sha256[:8] in row["title"])
    assert (job["state"], job["title"][:11]) == ("done", "Video of v ")


def test_the_work_on_an_uploaded_video_is_called_by_the_window_that_shows_it_first(program, env, film):
    sha256 = program.post(
        "/api/v1/assets", content=film("avi", "-c:v", "mpeg4", seconds=0.4) + env.encode()
    ).json()["asset"]
    for win in ("first", "second"):
        send(program, {"do": "sample.put", "env": env, "win": win, "asset": sha256})
    titles = [row["title"] for row in program.get("/api/v1/jobs").json()["results"]]
    assert [title for title in titles if sha256[:8] in title] == [f"Video of first ({sha256[:8]})"]


def test_who_comes_later_or_asks_again_hears_of_a_video_that_is_long_ready(program, watch, env, film):
    send(program, put(env, "v", film("avi", "-c:v", "mpeg4", seconds=0.7)))
    page = watch(env)
    (look,) = page.windows.values()
    sha256 = look["content"]["samples"][0]["asset"]
    state = answer(page, "asset", assets=[sha256])
    while state["state"] != "ready":
        state = heard(page, "asset")
    assert answer(page, "asset", assets=[sha256]) == state
    assert answer(watch(env), "asset", assets=[sha256])["renditions"] == state["renditions"]


def test_whose_file_it_is_learns_by_which_job_it_may_be_done_again_and_nobody_else(program, watch, env):
    data = b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00mp42" + b"\x00\x00\x00\x08free" * 60 + env.encode()
    send(program, put(env, "v", data))
    page = watch(env)
    (look,) = page.windows.values()
    sha256 = look["content"]["samples"][0]["asset"]
    state = answer(page, "asset", assets=[sha256])
    while state["state"] != "failed":
        state = heard(page, "asset")
    job = program.get(f"/api/v1/jobs/{state['job']}").json()
    assert (job["state"], job["detail"]) == ("failed", state["detail"])
    link = httpx.URL(share(program, env)).path
    shared = watch(f"owner/{env}", token="", path=f"{link}/ws/live")
    assert "job" not in answer(shared, "asset", assets=[sha256])


def test_what_is_not_there_is_said_to_be_missing(program, watch, env):
    send(program, put(env, "w", sounds.png()))
    state = answer(watch(env), "asset", assets=["0" * 64])
    assert (state["state"], state["renditions"]) == ("failed", [])


def test_smaller_pictures_are_there_for_whoever_may_see_the_env(server, program, env):
    send(program, put(env, "w", encoded(noise(700, 350))))
    sample = program.get(f"/api/v1/envs/owner/{env}/samples?win=w").json()["results"][0]
    link = share(program, env)
    shared = httpx.get(f"{link}/{sample['url']}/w320", timeout=30)
    assert shared.status_code == 200
    assert Image.open(io.BytesIO(shared.content)).size == (320, 160)
    assert "immutable" in shared.headers["cache-control"]
    rest = program.get(f"/api/v1/envs/owner/{env}/{sample['url']}/w320")
    assert rest.headers["etag"] == shared.headers["etag"]
    assert httpx.get(f"{server.url}/api/v1/envs/owner/{env}/{sample['url']}/w320").status_code == 401


def test_a_whole_file_says_of_itself_what_any_part_of_it_says(server, program, env):
    send(program, put(env, "w", encoded(noise(300))))
    sample = program.get(f"/api/v1/envs/owner/{env}/samples?win=w").json()["results"][0]
    with signed_in(server) as person:
        homes = [
            f"/f/{program.get(f'/api/v1/envs/owner/{env}').json()['id']}",
            httpx.URL(share(program, env)).path,
        ]
        for home in homes:
            for name in ("", "/w320"):
                address = f"{home}/{sample['url']}{name}"
                whole, part = person.get(address), person.get(address, headers={"Range": "bytes=0-"})
                assert (whole.status_code, part.status_code) == (200, 206)
                assert whole.content == part.content
                assert {**whole.headers, "content-range": part.headers["content-range"]} == dict(part.headers)
                again = person.get(address, headers={"If-None-Match": whole.headers["etag"]})
                assert (again.status_code, again.content) == (304, b"")


def test_a_file_is_there_for_those_alone_who_may_see_its_env_and_for_as_long_as_they_may(
    server, program, env
):
    send(program, put(env, "w", encoded(noise(300))), put(f"{env}-other", "w", encoded(noise(301))))
    urls = {
        name: program.get(f"/api/v1/envs/owner/{name}/samples?win=w").json()["results"][0]["url"]
        for name in (env, f"{env}-other")
    }
    home = f"/f/{program.get(f'/api/v1/envs/owner/{env}').json()['id']}"
    link = program.post(f"/api/v1/envs/owner/{env}/links", json={"name": "x"}).json()
    shared = httpx.URL(link["url"]).path.rstrip("/")
    name = f"g{env[-10:]}"
    server.command("user", "create", name, "--password", "a wall of windows")
    with signed_in(server) as owner, signed_in(server, username=name, password="a wall of windows") as guest:
        assert owner.get(f"{home}/{urls[env]}").status_code == 200
        assert owner.get(f"{home}/{urls[f'{env}-other']}").status_code == 404  # another env shows it
        assert guest.get(f"{home}/{urls[env]}").status_code == 404
        assert guest.get(f"{shared}/{urls[env]}").status_code == 200
        assert guest.get(f"{shared}/{urls[f'{env}-other']}").status_code == 404
        nobody = httpx.get(f"{server.url}{home}/{urls[env]}", headers={"Cookie": "panewall_session=made-up"})
        assert nobody.status_code in (302, 404)
        program.delete(f"/api/v1/links/{link['id']}").raise_for_status()
        wait_for(
            lambda: guest.get(f"{shared}/{urls[env]}").status_code == 404, what="the revoked link to close"
        )
        key = dict(owner.cookies)
        owner.post(
            "/accounts/logout/",
            data={"csrfmiddlewaretoken": key["panewall_csrf"]},
            headers={"Referer": server.url},
        )
        wait_for(
            lambda: httpx.get(f"{server.url}{home}/{urls[env]}", cookies=key).status_code in (302, 404),
            what="the ended session to be told",
        )


def test_a_slow_reader_of_a_large_file_costs_a_piece_of_it_in_memory(server, program, env):
    sound = sounds.wav()[:40] + struct.pack("<I", 48 * MB) + os.urandom(48 * MB)
    made = program.post("/api/v1/assets", content=sound).json()
    send(program, {"do": "sample.put", "env": env, "win": "w", "asset": made["asset"]})
    address = f"/api/v1/envs/owner/{env}/assets/{made['asset']}"
    process = psutil.Process(server.process.pid)
    open_range = program.get(address, headers={"Range": "bytes=0-"})
    assert (open_range.status_code, len(open_range.content)) == (206, 4 * MB)
    before = process.memory_info().rss
    with program.stream("GET", address) as slow:
        pieces = slow.iter_raw()
        first = next(pieces)
        for _ in range(20):  # others are served meanwhile; so long the server could fill its buffers
            assert program.get(address, headers={"Range": "bytes=0-99"}).content == sound[:100]
        assert process.memory_info().rss - before < 12 * MB
        assert first + b"".join(pieces) == sound
    jobs = program.get("/api/v1/jobs").json()["results"]
    for job in (row for row in jobs if made["asset"][:8] in row["title"]):
        program.post(f"/api/v1/jobs/{job['id']}/cancel")
