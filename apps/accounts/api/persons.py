"""What belongs to a person and to no workspace (tokens, own layouts): when their tokens may touch it.

The rule of access is about workspaces; this is its small counterpart for what is one's own.
"""

from apps.accounts.models import User
from apps.accounts.principals import Principal
from apps.errors import Forbidden


def person(principal: Principal) -> User:
    """The account behind a session or token."""
    return User.objects.get(pk=principal.user_id)


def require_full_rights(principal: Principal) -> None:
    """Only a session, or a token that may do all its owner may, sees and makes tokens: none makes a stronger one."""
    if principal.scope != "admin" or principal.workspace_id is not None or principal.kind == "link":
        raise Forbidden(
            "Tokens are seen and made with a session, or a token of scope admin that is not narrowed to a workspace."
        )


def require_person(principal: Principal) -> None:
    """What is somebody's own is not for the visitors they sent a link to."""
    if principal.kind == "link":
        raise Forbidden("A share link shows an env; nothing here is its visitor's own.")


def require_writing(principal: Principal) -> None:
    """A token for reading changes nothing, not even what is its owner's alone."""
    require_person(principal)
    if principal.scope == "read":
        raise Forbidden("This token may only read.")
