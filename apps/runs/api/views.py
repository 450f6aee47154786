"""REST: the runs table of a workspace."""

import time

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.base import ApiView
from apps.accounts.api.persons import require_person, require_writing
from apps.accounts.models import Workspace
from apps.runs import looking, selectors
from apps.runs.api.serializers import (
    ColumnsQuery,
    RunsColumnsOut,
    RunsOut,
    RunsQueryIn,
    StampOut,
    TableLookIn,
)
from apps.runs.conditions import parse_filter
from apps.runs.models import Column
from apps.runs.names import AGGREGATES, FIELDS, parse
from apps.runs.refreshing import refresh_latest


class RunsDoor(ApiView):
    """A door below ``/api/v1/workspaces/<workspace>/runs/``."""

    tag = "runs"

    def workspace(self) -> Workspace:
        return selectors.find_workspace(self.principal, self.kwargs["workspace"])


class RunsQueryView(RunsDoor):
    """``…/runs/query``: a question that is too long for an address. It changes nothing, so it may be asked read-only."""

    is_reading = True

    @extend_schema(
        operation_id="query_runs",
        summary="Envs of a workspace as a table",
        description=(
            "Columns: `name`, `prefix` (what comes before the first `_` of the name), `status`, `owner`, `notes`, `tags`, `created`, "
            "`updated`, `duration`; `config:<key>`, keys nested by `/` (or `.`); `metric:<last|min|max|mean|count>:<name>`, finite "
            "values only; `tag:<beginning>`, what follows `<beginning>:` in the first tag that begins so.\n\n"
            "Conditions: texts `=`, `!=`, `contains`, `not_contains`, `any_of`, `none_of`; numbers and dates `=`, `!=`, `>`, `>=`, `<`, "
            "`<=`, `between`, `not_between`; tags also `all_of`; any column `exists`, `not_exists`."
        ),
        request=RunsQueryIn,
        responses=RunsOut,
    )
    def post(self, request: Request, workspace: str) -> Response:
        found = self.workspace()
        asked = self.body(RunsQueryIn)
        sort = asked.get("sort")
        only = asked.get("only")
        sight = looking.look(
            found,
            looking.Look(
                columns=tuple(parse(name) for name in asked["columns"]),
                sort=parse(sort["column"], field="sort") if sort else None,
                is_descending=sort["descending"] if sort else True,
                filter=parse_filter(asked.get("filter")),
                search=asked["search"],
                group=tuple(parse(name, field="group") for name in asked["group"]),
                only=None if only is None else tuple(only),
                first=tuple(asked["first"]),
                locate=tuple(asked["locate"]),
                offset=asked["offset"],
                limit=asked["limit"],
            ),
        )
        data = {
            "stamp": sight.stamp,
            "total": sight.total,
            "count": sight.count,
            "behind": sight.behind,
            "elsewhere": sight.elsewhere,
            "groups": sight.groups,
            "places": sight.places,
            "results": sight.rows,
        }
        return Response(RunsOut(data).data)


class RunsColumnsView(RunsDoor):
    """``…/runs/columns``"""

    queries = {"GET": ColumnsQuery}

    @extend_schema(
        operation_id="list_run_columns",
        summary="What the runs table can have columns of",
        description=f"At most {selectors.MOST_LISTED} config keys and as many metrics; `search` finds the others.",
        responses=RunsColumnsOut,
    )
    def get(self, request: Request, workspace: str) -> Response:
        found, search = self.workspace(), self.query.get("search", "")
        refresh_latest(found.pk, until=time.monotonic() + looking.PATIENCE_S)
        config = selectors.list_columns(found, Column.Source.CONFIG, search)
        metrics = selectors.list_columns(found, Column.Source.METRIC, search)
        most = selectors.MOST_LISTED
        return Response(
            {
                "system": list(FIELDS),
                "aggregates": list(AGGREGATES),
                "config": config[:most],
                "metrics": metrics[:most],
                "more": max(len(config), len(metrics)) > most,
            }
        )


class RunsStampView(RunsDoor):
    """``…/runs/stamp``: a page that shows the table asks this, and looks again only when it is another one."""

    @extend_schema(
        operation_id="get_runs_stamp",
        summary="Whether an env of the workspace changed",
        responses=StampOut,
    )
    def get(self, request: Request, workspace: str) -> Response:
        stamp = selectors.get_stamp(self.workspace())
        return self.unless_held({"stamp": stamp}, etag=stamp)


class RunsTableView(RunsDoor):
    """``…/runs/table``: how I have the table. Mine alone, so whoever may look may change it."""

    @extend_schema(operation_id="get_runs_table", summary="How I have the runs table", responses=TableLookIn)
    def get(self, request: Request, workspace: str) -> Response:
        found = self.workspace()
        require_person(self.principal)
        return Response({"look": selectors.get_look(found, self.principal.user_id)})

    @extend_schema(
        operation_id="put_runs_table",
        summary="Keep how I have the runs table",
        request=TableLookIn,
        responses=TableLookIn,
    )
    def put(self, request: Request, workspace: str) -> Response:
        found = self.workspace()
        require_writing(self.principal)
        look = self.body(TableLookIn)["look"]
        return Response(
            {"look": selectors.save_look(workspace=found, user_id=self.principal.user_id, look=look)}
        )
