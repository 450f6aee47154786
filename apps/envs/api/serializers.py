"""What REST takes and gives about envs and what lies beside them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.fields import JsonMap, StrictSerializer, Text
from apps.accounts.models import Role, Workspace
from apps.envs import access, selectors
from apps.envs.api.pages import EnvNames
from apps.envs.models import Env, ShareLink, View

GRID_MAX = 100_000
# No slash, no control character, not only blanks or dots: a name is a part of an address.
NAME_PATTERN = r"^[^/\x00-\x1f\x7f]*[^/.\s\x00-\x1f\x7f][^/\x00-\x1f\x7f]*$"


class WorkspaceOut(serializers.Serializer):
    """A namespace of envs, and what this token or session may do in it."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Workspace.Kind.choices)
    role = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ChoiceField(choices=Role.choices))
    def get_role(self, workspace: Workspace) -> str | None:
        """The role, not more than the token's scope; ``own_role`` comes with the list's one query."""
        me = self.context["principal"]
        own_role = workspace.own_role  # type: ignore[attr-defined]
        return access.capped(me, Role.MANAGER if me.is_superuser else own_role)


class EnvOut(serializers.Serializer):
    """One env. ``revision`` moves with every change in it."""

    id = serializers.IntegerField()
    workspace = serializers.CharField(source="workspace.name")
    name = serializers.CharField()
    full_name = serializers.CharField(help_text="`workspace/name`")
    status = serializers.ChoiceField(choices=Env.Status.choices)
    status_at = serializers.DateTimeField(allow_null=True, help_text="since when the status is what it is")
    alive_at = serializers.DateTimeField(
        allow_null=True, help_text="when the program behind the run last said that it lives"
    )
    config = JsonMap()
    tags = serializers.ListField(child=serializers.CharField())
    notes = serializers.CharField()
    colour = serializers.IntegerField(
        allow_null=True, min_value=0, max_value=9, help_text="one of the ten, where somebody chose it"
    )
    revision = serializers.IntegerField(min_value=0)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(allow_null=True)


CELLS = {"type": "integer", "maximum": GRID_MAX}
PLACE = {
    "type": "object",
    "required": ["x", "y", "w", "h"],
    "additionalProperties": False,
    "properties": {
        "x": CELLS | {"minimum": 0},
        "y": CELLS | {"minimum": 0},
        "w": CELLS | {"minimum": 1},
        "h": CELLS | {"minimum": 1},
    },
}


@extend_schema_field({"type": "object", "additionalProperties": PLACE, "maxProperties": 10_000})
class LayoutMap(JsonMap):
    """``{window key: {"x", "y", "w", "h"}}`` in whole cells of the grid."""

    default_error_messages = {
        "too_many": "At most {limit} windows.",
        "bad_key": "A window's key has at most 300 characters.",
        "bad_place": "Window {win!r}: expected x, y, w and h as whole numbers, x and y from 0, w and h from 1, to {limit}.",
    }
    MAX_WINDOWS = 10_000

    def to_internal_value(self, data: Any) -> dict[str, dict[str, int]]:
        layout = super().to_internal_value(data)
        if len(layout) > self.MAX_WINDOWS:
            self.fail("too_many", limit=self.MAX_WINDOWS)
        for key, place in layout.items():
            if len(key) > 300:
                self.fail("bad_key")
            if not is_place(place):
                self.fail("bad_place", win=key, limit=GRID_MAX)
        return {key: {side: int(cells) for side, cells in place.items()} for key, place in layout.items()}


def is_place(place: object) -> bool:
    if not isinstance(place, dict) or set(place) != {"x", "y", "w", "h"}:
        return False
    if not all(type(cells) in (int, float) and cells == int(cells) <= GRID_MAX for cells in place.values()):
        return False
    return place["x"] >= 0 and place["y"] >= 0 and place["w"] >= 1 and place["h"] >= 1


@extend_schema_field({"type": "object", "additionalProperties": {"type": "object"}, "maxProperties": 10_000})
class LooksMap(JsonMap):
    """``{window key: {"layout": {path: value}, "traces": {trace: {path: value}}}}``: what pages keep is theirs to know."""

    default_error_messages = {"bad_look": "Window {win!r}: expected a map."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        looks = super().to_internal_value(data)
        for key, look in looks.items():
            if not isinstance(look, dict):
                self.fail("bad_look", win=key[:300])
        return looks


class LayoutIn(StrictSerializer):
    """All the places you keep; windows that are left out find a place by themselves. What is not sent stays."""

    layout = LayoutMap(required=False)
    looks = LooksMap(required=False, help_text="what you changed on figures for your own eyes")


class LayoutOut(serializers.Serializer):
    """Where I keep the panes of an env."""

    layout = LayoutMap()
    looks = LooksMap()
    updated_at = serializers.DateTimeField(allow_null=True, help_text="null when I never moved a pane")


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": 200, "pattern": NAME_PATTERN})
class ViewName(Text):
    """A view is an address too, so its name has no slash and is no folder."""

    default_error_messages = {
        "bad_name": "A view's name has no slash and no control characters, and is not . or .. ."
    }

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if (
            "/" in name
            or name.strip() in ("", ".", "..")
            or any(ord(char) < 32 or ord(char) == 127 for char in name)
        ):
            self.fail("bad_name")
        return name


class ViewIn(StrictSerializer):
    """An arrangement to save under a new name."""

    name = ViewName(max_length=200)
    state = JsonMap(help_text="positions, sizes, filter …: whatever the page keeps")


class ViewStateIn(StrictSerializer):
    """An arrangement to save over a former one."""

    state = JsonMap(help_text="positions, sizes, filter …: whatever the page keeps")


class ViewOut(serializers.Serializer):
    """A saved arrangement that everybody who may see the env can open."""

    name = serializers.CharField()
    state = JsonMap()
    created_by = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_created_by(self, view: View) -> str | None:
        """Null where the account is gone; and for visitors of a share link, who need not learn names."""
        if view.created_by is None or self.context["principal"].kind == "link":
            return None
        return view.created_by.username


class EnvLinkIn(StrictSerializer):
    """A share link to make."""

    name = Text(max_length=100, allow_blank=True, default="", help_text="what you know it by")
    view = Text(
        max_length=200,
        allow_blank=True,
        default="",
        help_text="the saved view it opens with, as that is then",
    )
    expires_at = serializers.DateTimeField(allow_null=True, default=None, help_text="null for never")
    state = JsonMap(
        default=dict, help_text="what its page begins with, as views have it: pins, steps, arrangement …"
    )


class LinkIn(EnvLinkIn):
    """A share link to make, of one env or of several as a comparison."""

    envs = EnvNames(min_length=1, help_text="in the order of the page")


class LinkOut(serializers.Serializer):
    """A public, read-only address of envs, without its secret part."""

    id = serializers.IntegerField()
    envs = serializers.SerializerMethodField(help_text="what it shows, as far as you may see it")
    others = serializers.SerializerMethodField(
        help_text="how many envs of it are deleted, or hidden from you"
    )
    view = serializers.CharField(help_text="the saved view it opens with; empty: none")
    name = serializers.CharField()
    hint = serializers.CharField(help_text="the beginning of the secret part")
    created_by = serializers.CharField(source="created_by.username")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_envs(self, link: ShareLink) -> list[str]:
        return selectors.link_envs(link)

    @extend_schema_field(serializers.IntegerField(min_value=0))
    def get_others(self, link: ShareLink) -> int:
        return selectors.link_others(link)


class LinkMadeOut(LinkOut):
    """A new link with its address, which is shown this once."""

    url = serializers.CharField(help_text="the address to hand out: `…/s/<secret>/`")
