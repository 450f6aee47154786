"""Making people and teams, and saying who belongs where.

Plain services: the doors in front of them (the Django admin, the command line) decide who may ask.
"""

import re

from django.contrib.auth.models import AbstractUser

from apps.accounts.hooks import on_workspace_created
from apps.accounts.models import Membership, Role, User, Workspace
from apps.errors import Conflict, Invalid, NotFound
from apps.jobs.gate import write_transaction

NAME_PATTERN = re.compile(r"[\w.@+-]{1,150}")
NAME_RULE = "1 to 150 letters, digits and . @ + - _"


def create_user(
    *, username: str, password: str | None = None, email: str = "", is_superuser: bool = False
) -> User:
    """Make an account with its personal workspace, which is named as the user and holds an env ``main``.

    Args:
        password: None for an account that signs in by link, or only through tokens.
        is_superuser: may do everything, in every workspace, and use the Django admin.

    Raises:
        Invalid: the name has other characters than those of a workspace.
        Conflict: a person or team of that name, or an account with that e-mail address, is there already.
    """
    username = AbstractUser.normalize_username(username)
    email = User.objects.normalize_email(email.strip())
    with write_transaction():
        check_new_name(username)
        if email and User.objects.filter(email__iexact=email).exists():
            raise conflict("email", f"There is an account with the address {email} already.")
        user = User(username=username, email=email, is_superuser=is_superuser, is_staff=is_superuser)
        user.set_password(password)  # None: one that nothing matches
        user.save()  # signals give it its workspace
    return user


def check_new_name(username: str) -> None:
    """Whether an account can be called so. Raises as ``create_user``."""
    check_name(username, field="username")
    if User.objects.filter(username__iexact=username).exists():
        raise conflict("username", f"There is a user {username!r} already.")
    check_is_free(username, field="username")


def make_personal_workspace(*, user: User) -> Workspace:
    """The namespace that belongs to ``user`` alone, until members are added."""
    with write_transaction():
        workspace = Workspace.objects.create(name=user.username, kind=Workspace.Kind.PERSONAL, owner=user)
        Membership.objects.create(workspace=workspace, user=user, role=Role.MANAGER)
        tell_of(workspace)
    return workspace


def create_team(*, name: str, manager: User | None = None) -> Workspace:
    """Make a team's workspace; ``manager`` becomes its first member.

    Raises:
        Invalid: the name has other characters than allowed.
        Conflict: a person or team of that name is there already.
    """
    with write_transaction():
        check_team_name(name)
        workspace = Workspace.objects.create(name=name, kind=Workspace.Kind.TEAM)
        if manager is not None:
            Membership.objects.create(workspace=workspace, user=manager, role=Role.MANAGER)
        tell_of(workspace)
    return workspace


def check_team_name(name: str) -> None:
    """Whether a team's workspace can be called so. Raises as ``create_team``."""
    check_name(name, field="name")
    check_is_free(name, field="name")
    if User.objects.filter(username__iexact=name).exists():
        raise conflict("name", f"There is a user {name!r} already; a team needs a name of its own.")


def add_member(*, workspace: Workspace, user: User, role: str = Role.VIEWER) -> Membership:
    """Let ``user`` into the workspace; whoever is in already gets ``role`` instead of the former one."""
    check_role(role)
    with write_transaction():
        if Membership.objects.filter(workspace=workspace, user=user).exists():
            return set_role(workspace=workspace, user=user, role=role)
        return Membership.objects.create(workspace=workspace, user=user, role=role)


def set_role(*, workspace: Workspace, user: User, role: str) -> Membership:
    """Give a member another role.

    Raises:
        NotFound: ``user`` is no member.
        Conflict: nobody would be left to manage the workspace.
    """
    check_role(role)
    with write_transaction():
        membership = get_membership(workspace, user)
        if role != Role.MANAGER:
            check_keeps_a_manager(membership)
        membership.role = role
        membership.save(update_fields=["role"])
    return membership


def remove_member(*, workspace: Workspace, user: User) -> None:
    """Take ``user`` out of the workspace. Raises as ``set_role``."""
    with write_transaction():
        membership = get_membership(workspace, user)
        check_keeps_a_manager(membership)
        membership.delete()


def owner() -> User | None:
    """The account that the machine's own user acts as: the first superuser."""
    return User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()


def get_user(username: str) -> User:
    user = User.objects.filter(username__iexact=username).first()
    if user is None:
        raise NotFound(f"There is no user {username[:200]!r}.")
    return user


def get_workspace(name: str) -> Workspace:
    workspace = Workspace.objects.filter(name__iexact=name).first()
    if workspace is None:
        raise NotFound(f"There is no workspace {name[:200]!r}.")
    return workspace


def get_membership(workspace: Workspace, user: User) -> Membership:
    membership = (
        Membership.objects.select_for_update()
        .select_related("workspace")
        .filter(workspace=workspace, user=user)
        .first()
    )
    if membership is None:
        raise NotFound(f"{user.username} is no member of {workspace.name}.")
    return membership


def check_keeps_a_manager(membership: Membership) -> None:
    workspace = membership.workspace
    if workspace.kind == Workspace.Kind.PERSONAL and workspace.owner_id == membership.user_id:
        raise Conflict(f"{workspace.name} is this person's own workspace; they stay its manager.")
    others = workspace.memberships.filter(role=Role.MANAGER).exclude(pk=membership.pk)
    if membership.role == Role.MANAGER and not others.exists():
        raise Conflict(f"{workspace.name} would be left without a manager: make somebody else one first.")


def check_name(name: str, *, field: str) -> None:
    # A name of dots alone is read as a folder by browsers, so its pages could not be opened.
    if not NAME_PATTERN.fullmatch(name) or not name.strip("."):
        reason = f"{name[:60]!r} cannot be a name: use {NAME_RULE}."
        raise Invalid(reason, fields={field: [reason]})


def check_is_free(name: str, *, field: str) -> None:
    if Workspace.objects.filter(name__iexact=name).exists():
        raise conflict(field, f"There is a workspace {name!r} already.")


def check_role(role: str) -> None:
    if role not in Role.values:
        reason = f"The role is one of {', '.join(Role.values)}, not {str(role)[:50]!r}."
        raise Invalid(reason, fields={"role": [reason]})


def conflict(field: str, reason: str) -> Conflict:
    return Conflict(reason, fields={field: [reason]})


def tell_of(workspace: Workspace) -> None:
    for hook in on_workspace_created:
        hook(workspace)
