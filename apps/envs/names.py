"""What an env may be called."""

from apps.envs.models import ENV_NAME_MAX
from apps.errors import Invalid


def check_env_name(name: object, *, field: str = "name") -> str:
    """``name``, if an env can be called so: 1 to 300 characters, no slash, no control characters.

    ``.`` and ``..`` are refused because browsers read them as folders, so such an env had no address.
    """
    reason = ""
    if not isinstance(name, str):
        reason = f"An env's name is a text, not {type(name).__name__}."
    elif not name.strip():
        reason = "An env needs a name."
    elif len(name) > ENV_NAME_MAX:
        reason = f"An env's name has at most {ENV_NAME_MAX} characters, not {len(name)}."
    elif "/" in name:
        reason = f"An env's name has no slash: {name[:60]!r}. One slash separates workspace and env."
    elif name in {".", ".."}:
        reason = f"An env cannot be called {name!r}."
    elif any(ord(char) < 32 or 0xD800 <= ord(char) <= 0xDFFF or ord(char) == 127 for char in name):
        reason = f"An env's name has no control characters: {name[:60]!r}."
    if reason:
        raise Invalid(reason, fields={field: [reason]})
    return name  # type: ignore[return-value]
