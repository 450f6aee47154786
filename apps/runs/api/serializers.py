"""What REST takes and gives about the runs table."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.fields import Flag, JsonMap, StrictSerializer, Text, Whole
from apps.runs.api.schema import COLUMN, COLUMN_MAX, FILTER
from apps.runs.models import NAME_MAX
from apps.runs.names import AGGREGATES, FIELDS

MOST_COLUMNS = 200
MOST_ROWS = 200
DEEPEST_GROUP = 5
MOST_NAMES = 1000


@extend_schema_field(COLUMN)
class ColumnText(Text):
    """``name``, ``config:lr``, ``metric:last:val/loss``, ``tag:fold``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=COLUMN_MAX, **kwargs)


@extend_schema_field(FILTER)
class FilterMap(JsonMap):
    """Conditions, checked by ``conditions.parse_filter``."""


class SortIn(StrictSerializer):
    """Rows without a value stay at the end in both directions."""

    column = ColumnText()
    descending = Flag(default=False)


class RunsQueryIn(StrictSerializer):
    """One look at the runs table."""

    columns = serializers.ListField(
        child=ColumnText(),
        max_length=MOST_COLUMNS,
        default=list,
        help_text="what each row has in `cells`, besides the fields that it always has",
    )
    sort = SortIn(required=False, allow_null=True, help_text="default: the newest first")
    filter = FilterMap(
        required=False,
        help_text='`{"all": […]}`, `{"any": […]}` or a condition `{"column", "op", "value"}`',
    )
    search = Text(max_length=300, default="", allow_blank=True, help_text="words that are all in the name")
    group = serializers.ListField(child=ColumnText(), max_length=DEEPEST_GROUP, default=list)
    only = serializers.ListField(
        child=Text(max_length=NAME_MAX),
        max_length=MOST_NAMES,
        required=False,
        allow_null=True,
        help_text="names of envs in this workspace: look at these alone",
    )
    first = serializers.ListField(
        child=Text(max_length=NAME_MAX),
        max_length=MOST_NAMES,
        default=list,
        help_text="names of envs that stand before the others, whatever the sort; of groups, before the others of their group",
    )
    locate = serializers.ListField(
        child=Text(max_length=NAME_MAX),
        max_length=MOST_NAMES,
        default=list,
        help_text="names of envs of which `places` says where they stand",
    )
    offset = Whole(min_value=0, max_value=10_000_000, default=0)
    limit = Whole(min_value=0, max_value=MOST_ROWS, default=50)


@extend_schema_field({})
class Anything(serializers.Field):
    """Any JSON."""

    def to_representation(self, value: Any) -> Any:
        return value


class GroupOut(serializers.Serializer):
    """Rows of one value, side by side."""

    depth = serializers.IntegerField(min_value=0, help_text="0 is the outermost level")
    column = serializers.CharField()
    value = Anything(allow_null=True, help_text="null: rows without a value")
    start = serializers.IntegerField(min_value=0, help_text="place of its first row among all that match")
    count = serializers.IntegerField(min_value=0)


class RunOut(serializers.Serializer):
    """One env."""

    env = serializers.CharField(help_text="`workspace/name`")
    name = serializers.CharField()
    status = serializers.CharField(allow_blank=True)
    created = serializers.DateTimeField()
    updated = serializers.DateTimeField()
    duration = serializers.FloatField(help_text="seconds; of a running env until now")
    owner = serializers.CharField(allow_null=True, help_text="who made it, or whose token did")
    tags = serializers.ListField(child=serializers.CharField())
    notes = serializers.CharField()
    colour = serializers.IntegerField(
        allow_null=True, min_value=0, max_value=9, help_text="which of the ten data colours was chosen"
    )
    cells = Anything(
        help_text="one for each of `columns`: a value of the config; `{value, step}` of a metric; null"
    )


class RunsOut(serializers.Serializer):
    """Rows of the runs table."""

    stamp = serializers.CharField(help_text="another one, as soon as an env of the workspace changed")
    total = serializers.IntegerField(min_value=0, help_text="envs of the workspace")
    count = serializers.IntegerField(min_value=0, help_text="those that match")
    behind = serializers.IntegerField(
        min_value=0,
        help_text="envs whose metrics are being read anew; rows that are shown are never among them",
    )
    elsewhere = serializers.IntegerField(
        min_value=0, help_text="envs that `search` would find, too, if neither `filter` nor `only` were there"
    )
    groups = GroupOut(many=True)
    places = serializers.ListField(
        child=serializers.IntegerField(min_value=0, allow_null=True),
        help_text="of each of `locate`, its place among all that match; null: it is not among them",
    )
    results = RunOut(many=True)


class ColumnsQuery(StrictSerializer):
    search = serializers.CharField(
        max_length=NAME_MAX, required=False, allow_blank=True, help_text="words that are all in the name"
    )


class RunsColumnsOut(serializers.Serializer):
    """What a table of this workspace can have columns of."""

    system = serializers.ListField(child=serializers.ChoiceField(choices=list(FIELDS)))
    aggregates = serializers.ListField(child=serializers.ChoiceField(choices=list(AGGREGATES)))
    config = serializers.ListField(child=serializers.CharField())
    metrics = serializers.ListField(child=serializers.CharField())
    more = serializers.BooleanField(help_text="there are more of them: search")


class StampOut(serializers.Serializer):
    """As in the answer of a look."""

    stamp = serializers.CharField()


class TableLookIn(StrictSerializer):
    """How I have the table: the page decides what is in it."""

    look = JsonMap()
