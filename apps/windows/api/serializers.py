"""What REST takes and gives about envs and windows."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.fields import Choice, JsonMap, StrictSerializer, Text, Whole
from apps.accounts.api.paging import PageQuery
from apps.envs.api.serializers import NAME_PATTERN
from apps.envs.colours import COLOURS
from apps.envs.models import ENV_NAME_MAX
from apps.envs.names import check_env_name
from apps.errors import Invalid
from apps.windows.models import Window

KEY_MAX = 300
TITLE_MAX = 1000
WIDTH_MAX = 16_384
STATUSES = ["running", "finished", "failed", "stalled"]


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": ENV_NAME_MAX, "pattern": NAME_PATTERN})
class EnvName(Text):
    """A name an env can have."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=ENV_NAME_MAX, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        try:
            return check_env_name(name, field=self.field_name or "name")
        except Invalid as refusal:
            code = "max_length" if len(name) > ENV_NAME_MAX else "invalid"
            raise serializers.ValidationError(refusal.detail, code=code) from None


class EnvListQuery(PageQuery):
    search = serializers.CharField(
        max_length=ENV_NAME_MAX,
        required=False,
        help_text="words that are all in the name, the workspace's name or a tag",
    )
    workspace = serializers.CharField(max_length=150, required=False, help_text="only envs of this workspace")
    status = serializers.ChoiceField(choices=STATUSES, required=False)
    deleted = serializers.BooleanField(default=False, help_text="those that were deleted and can be restored")


def tag_list(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=Text(max_length=200), max_length=100, required=False, help_text=help_text
    )


class EnvIn(StrictSerializer):
    """An env to make."""

    name = EnvName()
    workspace = Text(
        max_length=150, required=False, help_text="default: your own, or the one the token is narrowed to"
    )
    config = JsonMap(required=False, help_text="merged into the config of an env that is there already")
    tags = tag_list("added to the tags that are there")
    notes = Text(required=False, allow_blank=True)


class EnvChangeIn(StrictSerializer):
    """A new name; or what is said of the env: its config, tags, notes, and how its run is getting on."""

    name = EnvName(required=False, help_text="a new name in the same workspace")
    status = Choice(choices=STATUSES, required=False)
    config = JsonMap(required=False, help_text="merged into the config at every depth")
    tags = tag_list("these take the place of all there were")
    add_tags = tag_list("added to the others")
    remove_tags = tag_list("taken away")
    notes = Text(required=False, allow_blank=True)
    colour = Whole(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=COLOURS - 1,
        help_text="one of the ten data colours, for everybody; null: the one that the name gives",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        # A name is a command of its own, and only one can be all or nothing.
        if not attrs or ("name" in attrs and len(attrs) > 1):
            raise serializers.ValidationError(
                "Send a name alone, or some of status, config, tags, add_tags, remove_tags, notes and colour."
            )
        return attrs


class ForkIn(StrictSerializer):
    """Where a copy goes."""

    to = EnvName(help_text="the copy's name")
    workspace = Text(
        max_length=150, required=False, help_text="where the copy goes; default: beside the original"
    )


class RestoreIn(StrictSerializer):
    """Undo; ``as`` gives another name where the old one was taken since."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {"as": EnvName(required=False, help_text="another name, where the old one was taken since")}


class WindowQuery(StrictSerializer):
    """Which window is meant. A key is any text, which no path could hold beside what follows it."""

    win = Text(max_length=KEY_MAX, allow_blank=True, help_text="key of the window")


class WindowListQuery(PageQuery):
    win = serializers.CharField(
        max_length=KEY_MAX,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        help_text="only windows of this key",
    )
    kind = serializers.ChoiceField(choices=Window.Kind.choices, required=False)
    deleted = serializers.BooleanField(default=False, help_text="those that were closed and can be restored")


class WindowOut(serializers.Serializer):
    """One window, without what it shows."""

    id = serializers.IntegerField()
    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=Window.Kind.choices)
    title = serializers.CharField()
    place = serializers.IntegerField(help_text="order of appearance in the env")
    revision = serializers.IntegerField(help_text="the env's revision at which its look last changed")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(allow_null=True)


class TraceOut(serializers.Serializer):
    """One trace of a plot or metric window: its attributes. Its points are at ``…/traces/<index>/data?win=<key>``."""

    id = serializers.IntegerField()
    index = serializers.IntegerField()
    name = serializers.CharField()
    count = serializers.IntegerField(help_text="points")
    columns = serializers.ListField(
        child=serializers.CharField(),
        help_text="names of its per-point columns; none: all it holds is in attrs",
    )
    dates = serializers.BooleanField(help_text="whether x is a date, in milliseconds since 1970")
    attrs = JsonMap(help_text="Plotly's attributes, without the points")


@extend_schema_field({"type": ["string", "object", "null"]})
class WindowContent(serializers.ReadOnlyField):
    """A text or a map, by the window's kind."""


class WindowDetailOut(WindowOut):
    """One window with what it shows."""

    opts = JsonMap()
    layout = JsonMap(help_text="Plotly's layout")
    content = WindowContent(
        allow_null=True,
        help_text="of a text window its text; of images, sounds and videos the samples of the last step (`url` is relative "
        "to the env's address); of properties, networks and embeddings what they show; else null",
    )
    traces = TraceOut(many=True)


class WindowChangeIn(StrictSerializer):
    """A new look; the data stays."""

    title = Text(max_length=TITLE_MAX, allow_blank=True, required=False)
    opts = JsonMap(required=False, help_text="merged key by key; null removes")
    layout = JsonMap(required=False, help_text="merged key by key; null removes")
    content = JsonMap(
        required=False, help_text="of properties, networks and embeddings; merged key by key, null removes"
    )
    traces = serializers.ListField(
        child=JsonMap(),
        max_length=10_000,
        required=False,
        help_text="what each trace is to look like: its `index` (or `trace`, its name) and `set`, attributes merged as above",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(
                "Nothing to change: send title, opts, layout, content or traces."
            )
        return attrs


class WindowRestoreIn(StrictSerializer):
    """Undo of a close; ``as`` gives another key where the old one was taken since."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {"as": Text(max_length=KEY_MAX, required=False, help_text="another key")}


class TraceDataQuery(WindowQuery):
    x0 = serializers.FloatField(required=False, help_text="from this x (dates: milliseconds since 1970)")
    x1 = serializers.FloatField(required=False, help_text="to this x")
    width = serializers.IntegerField(
        min_value=1,
        max_value=WIDTH_MAX,
        required=False,
        help_text="thin out to this many pixels; without it: exact",
    )
    format = serializers.ChoiceField(
        choices=["json", "msgpack", "csv"], required=False, help_text="wins over Accept"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        x0, x1 = attrs.get("x0"), attrs.get("x1")
        for name, value in (("x0", x0), ("x1", x1)):
            if value is not None and not abs(value) < float("inf"):  # NaN is not less, either
                raise serializers.ValidationError({name: ["A finite number is required."]})
        if x0 is not None and x1 is not None and x0 > x1:
            raise serializers.ValidationError({"x1": ["The range ends before it begins."]})
        return attrs


class TraceDataOut(serializers.Serializer):
    """Points of one trace, exact or thinned. In JSON, NaN and infinities are null."""

    name = serializers.CharField()
    index = serializers.IntegerField()
    generation = serializers.IntegerField(help_text="one higher whenever points before the end changed")
    count = serializers.IntegerField(help_text="points in the whole trace")
    start = serializers.IntegerField(help_text="position of the first point of the range")
    stop = serializers.IntegerField(help_text="position after the last point of the range")
    bucket = serializers.IntegerField(
        help_text="1: the points themselves; else how many points each bucket stands for"
    )
    positions = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="of thinned points; null when exact"
    )
    columns = serializers.DictField(
        child=serializers.ListField(), help_text="x, y and further columns, of equal length"
    )
    note = serializers.CharField(allow_blank=True, help_text="what a person should know of the thinning")
