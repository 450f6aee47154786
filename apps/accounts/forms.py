"""Forms of the settings pages. They read what was typed; the services judge it."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from apps.accounts.models import Scope, Workspace

LIFETIMES = [
    ("30", "30 days"),
    ("7", "7 days"),
    ("90", "90 days"),
    ("365", "1 year"),
    ("", "Never"),
]


class TokenForm(forms.Form):
    """What a new token is called, may do, and for how long."""

    name = forms.CharField(max_length=100, help_text="Where it is used, such as: gpu-3, or nightly training.")
    scope = forms.ChoiceField(choices=Scope, initial=Scope.WRITE, label="Allows")
    workspace = forms.ModelChoiceField(
        queryset=Workspace.objects.none(),
        required=False,
        empty_label="All my workspaces",
        to_field_name="name",
        help_text="Names without a slash then mean envs of this workspace.",
    )
    expires = forms.ChoiceField(
        choices=LIFETIMES, initial=LIFETIMES[0][0], required=False, label="Expires after"
    )

    def __init__(self, *args, workspaces, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["workspace"].queryset = workspaces  # type: ignore[attr-defined]

    def expires_at(self) -> datetime | None:
        return in_days(self.cleaned_data["expires"])


def in_days(days: str) -> datetime | None:
    return timezone.now() + timedelta(days=int(days)) if days else None
