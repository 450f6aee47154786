"""Options as the ``visdom`` command spells them, for start scripts that only change the command's name.

Those that have a meaning here are taken; of the others is said why they are not needed, and the server starts.
"""

#: visdom's word → ours.
SAME = {
    "port": "--port",
    "base_url": "--base-url",
    "logging_level": "--log-level",
    "readonly": "--readonly",
    "bind_local": "--bind-local",
}
#: visdom's word → (whether a value follows, what to know).
OTHERS = {
    "hostname": (True, "--host says where to listen, PANEWALL_PUBLIC_URL which address people type"),
    "env_path": (
        True,
        "the server keeps its data in --data-dir; bring a visdom folder in once, by: panewall-server import-visdom {value}",
    ),
    "enable_login": (
        False,
        "everybody signs in here, and programs show a token: panewall-server user, token",
    ),
    "force_new_cookie": (False, "panewall-server sessions end-all signs everybody out"),
    "use_frontend_client_polling": (
        False,
        "pages open a websocket, and programs go on over HTTP by themselves",
    ),
    "eager_data_loading": (
        False,
        "the server reads an env when somebody looks at it, however many there are",
    ),
}
VALUED = {"port", "base_url", "logging_level"}


def translate(words: list[str]) -> tuple[list[str], list[str]]:
    """The words after ``serve`` in our spelling, and what to tell of those that are left out."""
    ours: list[str] = []
    notes: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, sign, value = word.lstrip("-").partition("=")
        is_single = word.startswith("-") and not word.startswith("--")
        if name in OTHERS and word.startswith("-"):
            has_value, note = OTHERS[name]
            if has_value and not sign and rest and not rest[0].startswith("-"):
                value = rest.pop(0)
            notes.append(f"{word.partition('=')[0]} is not needed: {note.format(value=value or 'DIR')}.")
        elif name in SAME and (is_single or "_" in name):
            ours.append(SAME[name] + (f"={value}" if sign else ""))
            if name in VALUED and not sign and rest:
                ours.append(rest.pop(0))
        else:
            ours.append(word)
    return ours, notes
