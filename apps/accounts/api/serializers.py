"""What REST takes and gives about people and tokens."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.fields import Choice, StrictSerializer, Text
from apps.accounts.models import Scope


class MeOut(serializers.Serializer):
    """Who this token or session is."""

    kind = serializers.ChoiceField(
        choices=["user", "token", "link"], help_text="what was shown: a session, a token or a share link"
    )
    username = serializers.CharField(help_text="empty for a share link")
    scope = serializers.ChoiceField(choices=Scope.choices)
    workspace = serializers.CharField(
        allow_null=True, help_text="the only workspace the token opens; null for all that its owner may see"
    )
    is_superuser = serializers.BooleanField()
    read_only = serializers.BooleanField(  # type: ignore[assignment]  # the field of this name is no flag of ours
        help_text="whether the server refuses writes at the moment"
    )


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": 100, "pattern": r"\S"})
class TokenName(Text):
    """What its owner knows a token by: not only blanks."""


class TokenIn(StrictSerializer):
    """A token to make. It never carries more than your own rights."""

    name = TokenName(max_length=100, help_text="what you know it by")
    scope = Choice(choices=Scope.choices, default=Scope.WRITE)
    workspace = Text(
        max_length=150,
        allow_null=True,
        default=None,
        help_text="the only workspace it opens; null for all of yours",
    )
    expires_at = serializers.DateTimeField(allow_null=True, default=None, help_text="null for never")


class TokenOut(serializers.Serializer):
    """A token, without its secret."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    scope = serializers.ChoiceField(choices=Scope.choices)
    workspace = serializers.CharField(source="workspace.name", allow_null=True, default=None)
    hint = serializers.CharField(help_text="its public beginning")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class TokenMadeOut(TokenOut):
    """A new token with its secret, which is shown this once."""

    token = serializers.CharField(help_text="send it as `Authorization: Bearer <token>`")
