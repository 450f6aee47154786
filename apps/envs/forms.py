"""The form of a share link. It reads what was typed; the service judges it."""

from datetime import datetime

from django import forms

from apps.accounts.forms import in_days
from apps.envs.models import Env


class LinkForm(forms.Form):
    """Which env a new link shows, and for how long."""

    env = forms.ModelChoiceField(queryset=Env.objects.none(), empty_label="Choose an env")
    name = forms.CharField(max_length=100, required=False, help_text="Who it is for, to know it again later.")
    expires = forms.ChoiceField(
        choices=[
            ("7", "7 days"),
            ("1", "1 day"),
            ("30", "30 days"),
            ("365", "1 year"),
            ("", "Until revoked"),
        ],
        initial="7",
        required=False,
        label="Expires after",
    )

    def __init__(self, *args, envs, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["env"].queryset = envs  # type: ignore[attr-defined]
        self.fields["env"].label_from_instance = lambda env: env.full_name  # type: ignore[attr-defined]

    def expires_at(self) -> datetime | None:
        return in_days(self.cleaned_data["expires"])
