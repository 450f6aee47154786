"""Write the tables of settings and limits in docs/admin.md from the code that reads them.

    .venv/bin/python docs/tools/settings_table.py

A test compares the two, and names this command when they differ.
"""

import json
import re
from pathlib import Path

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from panewall_server.conf import Config, Limits

PAGE = Path(__file__).resolve().parent.parent / "admin.md"
MIB = 1024 * 1024


def main() -> None:
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def renewed(page: str) -> str:
    """The page with both tables as the code has them."""
    page = put(page, "settings", table(Config, prefix="PANEWALL_", leave_out={"limits"}))
    return put(page, "limits", table(Limits, prefix="PANEWALL_LIMITS__"))


def put(page: str, name: str, content: str) -> str:
    """The page with what stands between the marks of ``name`` replaced."""
    begin, end = f"<!-- {name}: written by docs/tools/settings_table.py -->", f"<!-- end of {name} -->"
    found = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    assert found.search(page), f"{PAGE.name} lacks the marks of {name}"
    return found.sub(lambda _: f"{begin}\n{content}{end}", page)


def table(model: type[BaseModel], *, prefix: str, leave_out: frozenset[str] | set[str] = frozenset()) -> str:
    rows = [
        f"| `{prefix}{name.upper()}` | {default(name, field)} | {meaning(field)} |\n"
        for name, field in model.model_fields.items()
        if name not in leave_out
    ]
    return "| variable | default | meaning |\n|---|---|---|\n" + "".join(rows)


def default(name: str, field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "the user's data folder"
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value == "":
        return "none"
    if name.endswith("_bytes"):
        return f"`{value}` ({value / MIB:g} MiB)"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def meaning(field: FieldInfo) -> str:
    assert field.description, "every setting says what it means"
    return field.description.replace("|", "\\|")


if __name__ == "__main__":
    main()
