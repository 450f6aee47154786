"""The documentation keeps up with the code: settings are all there, links lead somewhere."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def settings_table():
    path = ROOT / "docs" / "tools" / "settings_table.py"
    spec = importlib.util.spec_from_file_location("settings_table", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_of_settings_and_limits_are_those_of_the_code():
    table = settings_table()
    page = table.PAGE.read_text(encoding="utf-8")
    assert page == table.renewed(page), "run: .venv/bin/python docs/tools/settings_table.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_exist(page: Path):
    broken = [target for target in LINK.findall(without_code(page)) if not leads_somewhere(page, target)]
    assert broken == []


def leads_somewhere(page: Path, target: str) -> bool:
    if "://" in target or target.startswith("mailto:"):
        return True
    path, _, heading = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists() or ROOT not in file.parents:
        return False
    return not heading or heading in headings(file)


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    found = re.findall(r"^#+ (.*)$", without_code(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def without_code(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def test_the_keys_in_the_docs_are_those_that_the_page_lists():
    sheet = (ROOT / "frontend" / "src" / "shell" / "KeysSheet.svelte").read_text(encoding="utf-8")
    on_the_page = re.findall(r"^ +\[\[.*\], '(.+)'\],$", sheet, re.MULTILINE)
    keys = (
        (ROOT / "docs" / "users.md")
        .read_text(encoding="utf-8")
        .partition("\n## Keys\n")[2]
        .partition("\n## ")[0]
    )
    in_the_docs = re.findall(r"^\| .+ \| (.+) \|$", keys, re.MULTILINE)
    assert len(on_the_page) > 10
    assert sorted(map(str.lower, in_the_docs)) == sorted(map(str.lower, on_the_page))
