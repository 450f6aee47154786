"""How work ends early. Without Django, since some of what raises it is asked before Django is set up."""


class Failed(Exception):
    """The work cannot be done; its words say why, to the person who asked for it."""
