"""The template tags that put the built front end into a page."""

import json

import pytest
from django.template import Context, Template

from apps.envs.templatetags import bundle

MANIFEST = {
    "src/main.ts": {"file": "main-1.js", "isEntry": True, "imports": ["_a.js"], "css": ["main-1.css"]},
    "_a.js": {"file": "a-1.js", "imports": ["_b.js"], "css": ["a-1.css"]},
    "_b.js": {"file": "b-1.js", "imports": ["_a.js"]},
    "_late.js": {"file": "late-1.js", "imports": ["src/main.ts", "_b.js", "_c.js"], "css": ["late-1.css"]},
    "_later.js": {"file": "later-1.js", "imports": ["src/main.ts", "_c.js"]},
    "_c.js": {"file": "c-1.js", "imports": [], "css": ["c-1.css"]},
}


@pytest.fixture
def built(tmp_path, monkeypatch):
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(MANIFEST))
    monkeypatch.setattr(bundle.finders, "find", lambda name: str(path))
    return path


def render(tag: str, **context) -> str:
    return Template("{% load bundle %}" + tag).render(Context(context))


def test_a_script_comes_with_what_it_needs_at_once(built):
    assert render('{% bundle "src/main.ts" %}') == (
        '<link rel="modulepreload" href="/static/bundle/a-1.js">'
        '<link rel="modulepreload" href="/static/bundle/b-1.js">'
        '<script type="module" src="/static/bundle/main-1.js"></script>'
    )


def test_what_will_be_needed_for_certain_is_announced_once_and_not_what_the_entry_brings(built):
    assert render("{% bundle_ahead parts %}", parts=["_late.js", "_later.js"]) == (
        '<link rel="modulepreload" href="/static/bundle/late-1.js">'
        '<link rel="modulepreload" href="/static/bundle/c-1.js">'
        '<link rel="modulepreload" href="/static/bundle/later-1.js">'
        '<link rel="preload" as="style" crossorigin href="/static/bundle/late-1.css">'
        '<link rel="preload" as="style" crossorigin href="/static/bundle/c-1.css">'
    )


def test_styles_come_once_each(built):
    assert render("{% bundle_css %}") == (
        '<link rel="stylesheet" href="/static/bundle/main-1.css">'
        '<link rel="stylesheet" href="/static/bundle/a-1.css">'
    )


def test_a_rebuild_is_seen_without_a_restart(built):
    render("{% bundle_css %}")
    changed = json.loads(built.read_text())
    changed["src/main.ts"]["file"] = "main-2.js"
    built.write_text(json.dumps(changed) + " ")
    assert "main-2.js" in render('{% bundle "src/main.ts" %}')


def test_without_a_build_the_page_says_what_to_do(monkeypatch):
    monkeypatch.setattr(bundle.finders, "find", lambda name: None)
    assert "make frontend" in render('{% bundle "src/main.ts" %}')
