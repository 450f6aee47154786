"""Reading what the runs table can show, and how somebody has it."""

from django.db import connection
from django.db.models import Exists, OuterRef

from apps.accounts.models import Workspace
from apps.accounts.principals import Principal
from apps.envs import access
from apps.errors import NotFound, TooLarge
from apps.jobs.gate import write_transaction
from apps.runs.models import Column, Setting, Summary, TableLook
from apps.runs.table import read_stamp

MOST_LISTED = 500
LOOK_MAX = 20_000


def find_workspace(principal: Principal | None, name: str) -> Workspace:
    """The workspace, if the asker may see its envs."""
    workspace = access.visible_workspaces(principal).filter(name=name).first()
    if workspace is None:
        raise NotFound(f"There is no workspace {name[:150]!r} that you may see.")
    access.require(principal, "view", workspace)
    return workspace


def list_columns(workspace: Workspace, source: Column.Source, search: str) -> list[str]:
    """Names under which at least one living env has a value; at most one more than ``MOST_LISTED``."""
    rows = Summary if source == Column.Source.METRIC else Setting
    used = rows.objects.filter(column=OuterRef("pk"), env__deleted_at=None)
    columns = Column.objects.filter(Exists(used), workspace=workspace, source=source)
    for word in search.split():
        columns = columns.filter(name__icontains=word)
    return list(columns.order_by("name").values_list("name", flat=True)[: MOST_LISTED + 1])


def get_stamp(workspace: Workspace) -> str:
    """What changes as soon as an env of the workspace did."""
    with connection.cursor() as cursor:
        return str(read_stamp(cursor, workspace.pk))


def get_look(workspace: Workspace, user_id: int) -> dict:
    kept = TableLook.objects.filter(workspace=workspace, user_id=user_id).first()
    return kept.look if kept else {}


def save_look(*, workspace: Workspace, user_id: int, look: dict) -> dict:
    """Keep how a person has the table. The last one saved wins: it is theirs alone."""
    if len(str(look)) > LOOK_MAX:
        reason = f"At most {LOOK_MAX:,} characters."
        raise TooLarge(reason, fields={"look": [reason]})
    with write_transaction():
        kept, _ = TableLook.objects.update_or_create(
            workspace=workspace, user_id=user_id, defaults={"look": look}
        )
    return kept.look
