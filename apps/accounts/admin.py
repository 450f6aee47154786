"""People, teams and tokens in the Django admin, held to the rules of the services that other doors use.

The admin's own sign-in would know no throttling, so it is the site's.
"""

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from apps.accounts import services, tokens
from apps.accounts.models import AccessEpoch, ApiToken, Membership, Role, SignInLink, User, Workspace
from apps.errors import DomainError
from apps.jobs.admin import ReadOnlyAdmin

admin.site.site_header = admin.site.site_title = "Panewall"
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.unregister(Group)  # roles belong to workspaces here
if admin.site.is_registered(EmailAddress):
    admin.site.unregister(EmailAddress)  # an account's address is a field of the account


class NewUserForm(AdminUserCreationForm):
    """Judged as the service will judge it, before anything is written."""

    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "email", "is_superuser")

    def clean_username(self) -> str:
        username = super().clean_username()
        try:
            services.check_new_name(username)
        except DomainError as refused:
            raise forms.ValidationError(refused.detail) from None
        return username


class NewTeamForm(forms.ModelForm):
    class Meta:
        model = Workspace
        fields = ("name",)

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        try:
            services.check_team_name(name)
        except DomainError as refused:
            raise forms.ValidationError(refused.detail) from None
        return name


class MembershipFormSet(BaseInlineFormSet):
    """The members of a workspace as they will be, judged before they are written."""

    def clean(self) -> None:
        super().clean()
        rows = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        managers = {
            row["user"].pk
            for row in rows
            if row.get("user") and not row.get("DELETE") and row.get("role") == Role.MANAGER
        }
        workspace: Workspace = self.instance
        if workspace.kind == Workspace.Kind.PERSONAL and workspace.owner_id not in managers:
            raise forms.ValidationError("Its owner stays a manager of a personal workspace.")
        if workspace.pk and rows and not managers:
            raise forms.ValidationError("Somebody must be left to manage the workspace.")


class MembershipInline(admin.TabularInline):
    model = Membership
    formset = MembershipFormSet
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Accounts. Names stay, because workspaces and addresses are named by them; accounts are switched off, not deleted."""

    add_form = NewUserForm
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "username",
                    "email",
                    "usable_password",
                    "password1",
                    "password2",
                    "is_superuser",
                ),
            },
        ),
    )
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {"fields": ("is_active", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "email", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    filter_horizontal = ()
    actions = ("make_sign_in_link",)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, "username") if obj else fields

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        obj.is_staff = obj.is_superuser  # the admin is for those who may do everything
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.action(description="Make a one-time sign-in link", permissions=["change"])
    def make_sign_in_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset.filter(is_active=True):
            raw = services.create_sign_in_link(user=user)
            address = request.build_absolute_uri(services.sign_in_url(raw))
            self.message_user(request, f"{user.username} can sign in once, within a day, at {address}")


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin):
    """Workspaces and their members. New ones are teams; people's own come with the account."""

    form = NewTeamForm

    fields = ("name", "kind", "owner", "created_at")
    readonly_fields = ("kind", "owner", "created_at")
    list_display = ("name", "kind", "owner", "created_at")
    list_filter = ("kind",)
    search_fields = ("name",)
    inlines = (MembershipInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Workspace | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "name") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Workspace, form: forms.ModelForm, change: bool) -> None:
        if change:  # all its own fields are read-only; members are saved beside it
            return
        obj.pk = services.create_team(name=obj.name).pk
        obj.refresh_from_db()

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """All memberships at once; they are changed on their workspace's page."""

    list_display = ("workspace", "user", "role")
    list_filter = ("role",)
    search_fields = ("workspace__name", "user__username")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Everybody's tokens, without their secrets; people make their own on the tokens page."""

    list_display = ("name", "hint", "user", "scope", "workspace", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("scope",)
    search_fields = ("name", "hint", "user__username")
    exclude = ("hash",)
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        living = list(queryset.filter(revoked_at=None))
        for token in living:
            tokens.revoke_token(token=token)
        self.message_user(request, f"{len(living)} tokens revoked.", messages.SUCCESS)


@admin.register(SignInLink)
class SignInLinkAdmin(ReadOnlyAdmin):
    list_display = ("user", "expires_at", "used_at")
    exclude = ("hash",)


@admin.register(AccessEpoch)
class AccessEpochAdmin(ReadOnlyAdmin):
    list_display = ("id", "value")
