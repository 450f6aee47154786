"""Files that are none, or worse: each is refused with a reason, its siblings are shown, and no picture on the page is broken."""

import math
import warnings
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
from playwright.sync_api import Page, expect

import panewall
from tests.browser import content, pane_content
from tests.browser.walls import open_env, send
from tests.media.test_taking_in import animated, bomb
from tests.support import sounds
from tests.support.server import Server
from tests.support.waiting import wait_for

SCRIPTED = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" onload="document.title=\'ran\'">'
    b"<script>document.title = 'ran'; parent.document.title = 'ran'</script>"
    b'<rect width="40" height="30" fill="red"/></svg>'
)
PNG = content.png(content.gradient(64, 48))
#: Those pictures of the page that are broken.
BROKEN = "() => [...document.images].filter((one) => one.complete && !one.naturalWidth).map((one) => one.src)"

REFUSED = {
    "empty": (b"", "empty"),
    "truncated png": (PNG[: len(PNG) // 2], "breaks off"),
    "truncated jpeg": (pane_content.jpeg(content.gradient(64, 48))[:400], "breaks off"),
    "bomb": (bomb(40_000), "40,000 × 40,000 pixels"),
    "animated bomb": (animated(300, 2000), "in 300 frames"),
    "too many frames": (animated(20_000), "more than 5,000 frames"),
    "text": (b"no picture at all", "no readable image"),
    "html": (b"<html><script>alert(1)</script></html>", "no readable image"),
    "svg with entities": (
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        "",
    ),
    "svg with a picture from elsewhere": (
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1/a.png"/></svg>',
        "a picture from elsewhere, 'http://127.0.0.1/a.png'",
    ),
    "svg of no size": (b'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="5"/>', "no pixels"),
    "playlist": (b"#EXTM3U\n#EXTINF:1,\nhttp://example.invalid/a.ts\n#EXT-X-ENDLIST\n", "no readable image"),
    "list of files": (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "no readable image"),
    "manifest": (b'<?xml version="1.0"?><MPD><BaseURL>file:///etc/passwd</BaseURL></MPD>', ""),
    "head of a sound": (sounds.wav()[:16], "no readable image"),
    "program": (b"MZ" + bytes(600), "no readable image"),
}


def no_picture_is_broken(page: Page) -> None:
    wait_for(
        lambda: page.evaluate("() => [...document.images].every((one) => one.complete)"), what="the pictures"
    )
    assert page.evaluate(BROKEN) == []


def test_each_bad_file_is_refused_with_its_reason_and_the_others_are_shown(
    owner_page: Page, server: Server, env: str
):
    bad = list(REFUSED.values())
    commands = [pane_content.sample(env, f"bad/{number}", data) for number, (data, _) in enumerate(bad)]
    with server.client() as program:
        body = msgpack.packb({"c": [pane_content.sample(env, "good/one", PNG), *commands]})
        answer = program.post("/api/v1/ingest", content=body, headers={"Content-Type": "application/msgpack"})
        refused = dict(msgpack.unpackb(answer.content)["e"])
        for number, (name, (data, why)) in enumerate(REFUSED.items()):
            error = refused[number + 1]
            assert error["code"] in ("no_image", "too_large", "invalid"), (name, error)
            assert why in error["detail"], (name, error)
            upload = program.post("/api/v1/assets", content=data)
            assert (upload.status_code, upload.json()["detail"]) == (
                413 if error["code"] == "too_large" else 400,
                error["detail"],
            ), name
    send(server, pane_content.sample(env, "good/two", PNG, step=1))
    open_env(owner_page, server, env)
    expect(owner_page.locator("[data-card]")).to_have_count(2)
    for label in ("good/one", "good/two"):
        expect(owner_page.locator(f'[data-card="{label}"] .stage img')).to_have_js_property(
            "naturalWidth", 64
        )
    no_picture_is_broken(owner_page)


def test_a_drawing_with_scripts_is_shown_and_nothing_of_it_runs(owner_page: Page, server: Server, env: str):
    page = owner_page
    send(server, pane_content.sample(env, "val/drawing", SCRIPTED), pane_content.sample(env, "val/one", PNG))
    open_env(page, server, env)
    shown = page.locator('[data-card="val/drawing"] .stage img')
    expect(shown).to_have_js_property("naturalWidth", 40)
    no_picture_is_broken(page)
    address = shown.get_attribute("src") or ""
    assert page.title() != "ran"
    page.goto(f"{server.url}{address}" if address.startswith("/") else address)
    assert page.evaluate("() => document.title") != "ran"


BAD_PICTURES: dict[str, Any] = {
    "all nan": np.full((8, 8), np.nan),
    "zero": np.zeros((0, 8, 3)),
    "complex": np.ones((8, 8), complex),
    "five channels": np.zeros((8, 8, 5)),
    "five planes": np.zeros((5, 8, 8)),
    "a line": np.zeros(9),
    "words": np.array(["a", "b"]),
    "nothing": None,
}


def test_what_a_training_logs_amiss_is_told_and_the_page_is_whole(
    owner_page: Page, server: Server, env: str, tmp_path: Path
):
    files = {
        "truncated.png": PNG[: len(PNG) // 2],
        "words.png": b"no picture",
        "list.mp4": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        "bomb.png": bomb(40_000),
        "empty.mp4": b"",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "picture.jpg").write_bytes(PNG)  # a PNG by another name
    (tmp_path / "sound.png").write_bytes(pane_content.tone())
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with panewall.init(env, server=server.url, token=server.token(), system_metrics=False) as run:
            for step in (3, -2, 3, 1.5, math.nan, 2**60, 2**53):
                run.log({"val/good": panewall.Image(PNG), "loss": 1.0}, step=step)
            for name, data in BAD_PICTURES.items():
                run.log({f"bad/{name}": panewall.Image(data)}, step=1)
                if not name.startswith("five"):  # which is a short film
                    run.log({f"bad/film {name}": panewall.Video(data)}, step=1)
            for name in (*files, "missing.png"):
                kind = panewall.Video if name.endswith(".mp4") else panewall.Image
                run.log({f"bad/{name}": kind(tmp_path / name)}, step=1)
            run.log({"val/renamed": panewall.Image(tmp_path / "picture.jpg")}, step=1)
            run.log({"val/sound": panewall.Audio(tmp_path / "sound.png")}, step=1)
            assert run.flush(60)
    said = [str(warning.message) for warning in told]
    for name in (*BAD_PICTURES, *files, "missing.png"):
        if name == "bomb.png":  # too large for the batch, and so sent by itself
            assert any("40,000 × 40,000 pixels" in text for text in said), said
        else:
            assert any(f"'bad/{name}'" in text for text in said), (name, said)
    with server.client() as program:
        steps = program.get(f"/api/v1/envs/owner/{env}/samples", params={"win": "val/good"}).json()["results"]
    # What is no step counts on from the last: 4, 5, 6.
    assert [row["step"] for row in steps] == [-2, 3, 3, 4, 5, 6, 2**53]
    open_env(owner_page, server, env)
    expect(owner_page.locator('[data-card="val/renamed"] .stage img')).to_have_js_property("naturalWidth", 64)
    expect(owner_page.locator('[data-card="val/sound"] audio')).to_have_count(1)
    expect(owner_page.locator('[data-card^="bad/"]')).to_have_count(0)
    no_picture_is_broken(owner_page)
