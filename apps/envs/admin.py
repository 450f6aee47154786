"""Envs, views, layouts and share links in the Django admin: to look at, with actions that go through services."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts.principals import Principal
from apps.envs import links, writing
from apps.envs.models import Env, LinkedEnv, PageLayout, PaneLayout, ShareLink, Snapshot, View
from apps.errors import DomainError
from apps.jobs.admin import ReadOnlyAdmin


class DeletedFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("living", "Living"), ("deleted", "Deleted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Env]) -> QuerySet[Env]:
        if self.value() is None:
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() == "living")


@admin.register(Env)
class EnvAdmin(ReadOnlyAdmin):
    list_display = ("name", "workspace", "status", "revision", "updated_at", "deleted_at")
    list_filter = (DeletedFilter, "status")
    list_select_related = ("workspace",)
    search_fields = ("name", "workspace__name")
    actions = ("delete", "restore")

    @admin.action(description="Delete (can be restored)", permissions=["view"])
    def delete(self, request: HttpRequest, queryset: QuerySet[Env]) -> None:
        self.run(request, "env.delete", queryset.filter(deleted_at=None))

    @admin.action(description="Restore", permissions=["view"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Env]) -> None:
        self.run(request, "env.restore", queryset.exclude(deleted_at=None))

    def run(self, request: HttpRequest, do: str, envs: QuerySet[Env]) -> None:
        asker = Principal.of_user(request.user)  # type: ignore[arg-type]  # signed in
        done = 0
        for env in envs.select_related("workspace"):
            try:
                writing.run(asker, {"do": do, "env": env.full_name})
                done += 1
            except DomainError as refused:
                self.message_user(request, f"{env.full_name}: {refused.detail}", messages.ERROR)
        if done:
            self.message_user(request, f"Done for {done} envs.", messages.SUCCESS)


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    list_display = ("name", "env", "is_automatic", "window_count", "created_by", "created_at")
    search_fields = ("name", "env__name")
    exclude = ("copy",)


@admin.register(View)
class ViewAdmin(ReadOnlyAdmin):
    list_display = ("name", "env", "created_by", "updated_at")
    search_fields = ("name", "env__name")


@admin.register(PaneLayout)
class PaneLayoutAdmin(ReadOnlyAdmin):
    list_display = ("user", "env", "updated_at")
    search_fields = ("user__username", "env__name")


@admin.register(PageLayout)
class PageLayoutAdmin(ReadOnlyAdmin):
    list_display = ("user", "key", "updated_at")
    search_fields = ("user__username",)


@admin.register(ShareLink)
class ShareLinkAdmin(ReadOnlyAdmin):
    list_display = ("name", "hint", "shows", "created_by", "last_used_at", "expires_at", "revoked_at")
    search_fields = ("name", "hint", "linked__env__name", "created_by__username")
    exclude = ("hash",)
    actions = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShareLink]:
        return super().get_queryset(request).prefetch_related("linked__env__workspace")

    @admin.display(description="shows")
    def shows(self, link: ShareLink) -> str:
        envs = [one.env.full_name if one.env else f"{one.name} (gone)" for one in link.linked.all()]
        return " + ".join(envs) + (f", view {link.view}" if link.view else "")

    @admin.action(description="Revoke", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ShareLink]) -> None:
        living = list(queryset.filter(revoked_at=None))
        for link in living:
            links.revoke_link(link=link)
        self.message_user(request, f"{len(living)} links revoked.", messages.SUCCESS)


@admin.register(LinkedEnv)
class LinkedEnvAdmin(ReadOnlyAdmin):
    list_display = ("link", "place", "env", "name")
    list_select_related = ("link", "env")
    search_fields = ("name", "env__name")
