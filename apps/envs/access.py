"""The one access rule. Every door asks it, and nothing else decides who may do what.

A role in a workspace gives verbs: a viewer may view, an editor also edit, a manager also manage (members, tokens
of others, share links: whatever gives access away). A token has its owner's role, capped by its scope and shut out of every
workspace but its own if it is narrowed to one. A share link may view each of its envs, while its creator may. Somebody
who may not even view gets the same answer as for a thing that does not exist.
"""

from typing import Literal

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from apps.accounts.models import Membership, Role, User, Workspace
from apps.accounts.principals import Principal
from apps.envs.models import Env, LinkedEnv, ShareLink, View
from apps.envs.names import check_env_name
from apps.errors import Forbidden, Invalid, NotFound, ReadOnly, Unauthorized

Verb = Literal["view", "edit", "manage"]
Target = Env | Workspace | View | ShareLink

NEEDED = {"view": Role.VIEWER, "edit": Role.EDITOR, "manage": Role.MANAGER}
CAP = {"read": Role.VIEWER, "write": Role.EDITOR, "admin": Role.MANAGER}


def role(principal: Principal | None, workspace_id: int) -> Role | None:
    """What the principal is in a workspace, after the caps of its token. A share link is nothing there."""
    if principal is None or principal.kind == "link" or is_outside(principal, workspace_id):
        return None
    if principal.is_superuser:
        return capped(principal, Role.MANAGER)
    found = Membership.objects.filter(
        user_id=principal.user_id, workspace_id=workspace_id, user__is_active=True
    ).values_list("role", flat=True)
    return capped(principal, found.first())


def env_role(principal: Principal | None, env: Env) -> Role | None:
    """What the principal is for one env; for a share link of it: a viewer."""
    if principal is not None and principal.kind == "link":
        return Role.VIEWER if link_shows(principal, env) else None
    return role(principal, env.workspace_id)


def allows(principal: Principal | None, verb: Verb, target: Target) -> bool:
    """Whether ``principal`` may do ``verb`` to ``target``, now."""
    if verb != "view" and settings.PANEWALL.readonly:
        return False
    return is_enough(role_for(principal, target), verb)


def require(principal: Principal | None, verb: Verb, target: Target) -> None:
    """Return if allowed.

    Raises:
        Unauthorized: nobody is asking.
        NotFound: the asker may not even view it.
        ReadOnly: the server refuses writes at the moment.
        Forbidden: the asker may view it, but not this.
    """
    if principal is None:
        raise Unauthorized("Sign in, or send an API token.")
    judge(role_for(principal, target), verb, missing=missing(target))


def visible_envs(principal: Principal | None) -> QuerySet[Env]:
    """The living envs that the principal may view."""
    return seen_by(principal, Env.objects.living())


def visible_workspaces(principal: Principal | None) -> QuerySet[Workspace]:
    """The workspaces in which the principal is anything. A share link shows envs, not their workspaces."""
    workspaces = Workspace.objects.all()
    if principal is None or principal.kind == "link":
        return workspaces.none()
    if principal.workspace_id is not None:
        workspaces = workspaces.filter(pk=principal.workspace_id)
    if principal.is_superuser:
        return workspaces
    return workspaces.filter(memberships__user_id=principal.user_id, memberships__user__is_active=True)


def find_env(principal: Principal | None, name: str, *, verb: Verb = "view", deleted: bool = False) -> Env:
    """The env called ``name`` (of the asker's own workspace) or ``workspace/name``, if ``verb`` is allowed.

    One query. ``deleted`` looks among the deleted ones instead, and takes the one deleted last.

    Raises:
        NotFound, Forbidden, ReadOnly, Unauthorized: as ``require``.
    """
    if principal is None:
        raise Unauthorized("Sign in, or send an API token.")
    workspace, env_name = parse_name(name)
    envs = Env.objects.filter(name=env_name, deleted_at__isnull=not deleted)
    envs = envs.filter(at_home(principal) if workspace is None else Q(workspace__name=workspace))
    if deleted:
        envs = envs.order_by("-deleted_at")
    own_role = Membership.objects.filter(
        workspace=OuterRef("workspace"), user_id=principal.user_id, user__is_active=True
    )
    env = (
        seen_by(principal, envs)
        .select_related("workspace")
        .annotate(own_role=Subquery(own_role.values("role")[:1]))
        .first()
    )
    if env is None:
        raise NotFound(f"There is no env {name[:300]!r} that you may see.")
    if principal.kind == "link":
        found: Role | None = Role.VIEWER
    else:
        found = capped(principal, Role.MANAGER if principal.is_superuser else env.own_role)
    judge(found, verb, missing=f"There is no env {name[:300]!r} that you may see.")
    return env


def split_name(principal: Principal, name: str) -> tuple[Workspace, str]:
    """Where an env called ``name`` is or would be: its workspace, and its name there.

    Raises:
        NotFound: no such workspace that the asker may see.
        Invalid: no env can be called so.
    """
    workspace_name, env_name = parse_name(name)
    workspaces: QuerySet[Workspace] = visible_workspaces(principal)
    if principal.kind == "link":
        workspaces = Workspace.objects.filter(envs__linked__link=principal.link_id).distinct()
    if workspace_name is not None:
        workspaces = workspaces.filter(name=workspace_name)
    elif principal.kind != "link" and principal.workspace_id is None:
        workspaces = workspaces.filter(kind=Workspace.Kind.PERSONAL, owner_id=principal.user_id)
    workspace = workspaces.first()
    if workspace is None:
        what = "workspace of your own" if workspace_name is None else f"workspace {workspace_name[:150]!r}"
        raise NotFound(f"There is no {what} that you may see.")
    return workspace, env_name


def parse_name(name: str) -> tuple[str | None, str]:
    """``name`` or ``workspace/name`` in its parts."""
    if not isinstance(name, str):
        raise Invalid("An env's name is a text.", fields={"env": ["must be a text"]})
    workspace, slash, env_name = name.partition("/")
    if not slash:
        return None, check_env_name(name, field="env")
    return workspace, check_env_name(env_name, field="env")


# -- The parts of the rule --------------------------------------------------------------------------------------


def role_for(principal: Principal | None, target: Target) -> Role | None:
    match target:
        case Workspace():
            return role(principal, target.pk)
        case Env():
            return env_role(principal, target)
        case View():
            return env_role(principal, target.env)
        case ShareLink():
            return link_role(principal, target)
    raise TypeError(f"The access rule knows no {type(target).__name__}.")


def link_role(principal: Principal | None, link: ShareLink) -> Role | None:
    """Links are the business of those who manage an env of theirs, and of their creator for as long as they may see one."""
    if principal is None or principal.kind == "link":
        return None
    homes = Workspace.objects.filter(envs__linked__link=link).values_list("pk", flat=True).distinct()
    found = {role(principal, pk) for pk in homes} - {None}
    if found and link.created_by_id == principal.user_id:
        return capped(principal, Role.MANAGER)
    return Role.MANAGER if Role.MANAGER in found else None


def is_enough(found: Role | None, verb: Verb) -> bool:
    return found is not None and found.rank >= NEEDED[verb].rank


def judge(found: Role | None, verb: Verb, *, missing: str) -> None:
    if found is None:
        raise NotFound(missing)
    if verb != "view" and settings.PANEWALL.readonly:
        raise ReadOnly("This server is read-only at the moment; nothing was changed.")
    if not is_enough(found, verb):
        raise Forbidden(f"This needs the right to {verb}; yours here is {found.label.lower()}.")


def missing(target: Target) -> str:
    what = {Env: "env", Workspace: "workspace", View: "view", ShareLink: "share link"}[type(target)]
    return f"There is no such {what} that you may see."


def is_outside(principal: Principal, workspace_id: int) -> bool:
    return principal.workspace_id is not None and principal.workspace_id != workspace_id


def capped(principal: Principal, found: str | None) -> Role | None:
    if found is None:
        return None
    return min(Role(found), CAP[principal.scope], key=lambda role: role.rank)


def at_home(principal: Principal) -> Q:
    """Envs that a bare name may mean: those of the token's workspace, else of the person's own."""
    if principal.kind == "link":
        return is_linked(principal)
    if principal.workspace_id is not None:
        return Q(workspace_id=principal.workspace_id)
    return Q(workspace__kind=Workspace.Kind.PERSONAL, workspace__owner_id=principal.user_id)


def seen_by(principal: Principal | None, envs: QuerySet[Env]) -> QuerySet[Env]:
    """Those of ``envs`` that the principal may view, in SQL: one filter for lists and look-ups alike."""
    if principal is None:
        return envs.none()
    if principal.kind == "link":
        return envs.filter(is_linked(principal), creator_may_see(principal.user_id), deleted_at=None)
    if principal.workspace_id is not None:
        envs = envs.filter(workspace_id=principal.workspace_id)
    if principal.is_superuser:
        return envs
    return envs.filter(is_member(principal.user_id))


def is_member(user_id: int) -> Exists:
    return Exists(
        Membership.objects.filter(workspace=OuterRef("workspace"), user_id=user_id, user__is_active=True)
    )


def creator_may_see(user_id: int) -> Q:
    """A link's creator may have lost the role, or the account, since. Asked anew each time."""
    return Q(is_member(user_id)) | Q(
        Exists(User.objects.filter(pk=user_id, is_superuser=True, is_active=True))
    )


def is_linked(principal: Principal) -> Q:
    """Envs that the link which asks was made of."""
    return Q(Exists(LinkedEnv.objects.filter(link=principal.link_id, env=OuterRef("pk"))))


def link_shows(principal: Principal, env: Env) -> bool:
    return env.deleted_at is None and seen_by(principal, Env.objects.filter(pk=env.pk)).exists()
