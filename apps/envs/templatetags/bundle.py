"""``{% bundle "src/main.ts" %}``, ``{% bundle_css … %}`` and ``{% bundle_ahead … %}``: the built front end, by Vite's manifest.

File names carry a hash of their content, so the manifest is what knows them. The page's CSP allows
scripts and styles from this server's files, and the one script of theme.py.
"""

import json
from functools import lru_cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

NOT_BUILT = SafeString("<!-- The front end is not built: run make frontend -->")


@register.simple_tag
def bundle(entry: str) -> SafeString:
    """The script of an entry, and its parts announced so that they load at once."""
    chunks = read_manifest()
    if entry not in chunks:
        return NOT_BUILT
    parts = [(address(chunks[name]["file"]),) for name in imports_of(entry, chunks)]
    return format_html(
        '{}<script type="module" src="{}"></script>',
        format_html_join("", '<link rel="modulepreload" href="{}">', parts),
        address(chunks[entry]["file"]),
    )


@register.simple_tag
def bundle_ahead(parts: list[str]) -> SafeString:
    """Announces parts that the entry will load later, on pages where that is certain; not what the entry brings itself."""
    chunks = read_manifest()
    if not all(part in chunks for part in parts):
        return NOT_BUILT
    needed = dict.fromkeys(name for part in parts for name in [part, *imports_of(part, chunks)])
    entries = [name for name in needed if chunks[name].get("isEntry")]
    there = {name for entry in entries for name in [entry, *imports_of(entry, chunks)]}
    names = [name for name in needed if name not in there]
    files = [(address(chunks[name]["file"]),) for name in names]
    sheets = dict.fromkeys(file for name in names for file in chunks[name].get("css", []))
    styles = [(address(file),) for file in sheets]
    return format_html_join("", '<link rel="modulepreload" href="{}">', files) + format_html_join(
        "", '<link rel="preload" as="style" crossorigin href="{}">', styles
    )


@register.simple_tag
def bundle_css(entry: str = "src/main.ts") -> SafeString:
    """The style sheets of an entry and its parts."""
    chunks = read_manifest()
    if entry not in chunks:
        return NOT_BUILT
    files = [file for name in [entry, *imports_of(entry, chunks)] for file in chunks[name].get("css", [])]
    unique = [(address(file),) for file in dict.fromkeys(files)]
    return format_html_join("", '<link rel="stylesheet" href="{}">', unique)


def imports_of(entry: str, chunks: dict) -> list[str]:
    """All that the entry imports at once (not what it loads later), each once, in the order of need."""
    found: dict[str, None] = {}
    waiting = list(chunks[entry].get("imports", []))
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            waiting += chunks[name].get("imports", [])
    return list(found)


def address(file: str) -> str:
    return static(f"bundle/{file}")


def read_manifest() -> dict:
    path = finders.find("bundle/manifest.json")
    if path is None:
        return {}
    return parse(Path(path), Path(path).stat().st_mtime_ns)


@lru_cache(maxsize=1)
def parse(path: Path, changed_ns: int) -> dict:
    """Cached until the file changes, so that a rebuild needs no restart."""
    return json.loads(path.read_text(encoding="utf-8"))
