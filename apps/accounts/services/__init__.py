"""What can be asked for about people: accounts and teams, ways in, and a server's first start."""

from apps.accounts.services.first_start import FirstStart, ensure_local_credentials, first_start
from apps.accounts.services.people import (
    add_member,
    check_new_name,
    check_team_name,
    create_team,
    create_user,
    get_user,
    get_workspace,
    make_personal_workspace,
    owner,
    remove_member,
    set_role,
)
from apps.accounts.services.ways_in import (
    create_sign_in_link,
    end_all_sessions,
    peek_sign_in_link,
    sign_in_url,
    use_sign_in_link,
)

__all__ = [
    "FirstStart",
    "add_member",
    "check_new_name",
    "check_team_name",
    "create_sign_in_link",
    "create_team",
    "create_user",
    "end_all_sessions",
    "ensure_local_credentials",
    "first_start",
    "get_user",
    "get_workspace",
    "make_personal_workspace",
    "owner",
    "peek_sign_in_link",
    "remove_member",
    "set_role",
    "sign_in_url",
    "use_sign_in_link",
]
