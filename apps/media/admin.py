from django.contrib import admin

from apps.jobs.admin import ReadOnlyAdmin

from .models import Asset, BestStepPreference, Pin, PinPage, Rendition, Sample, Sending


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    list_display = ("sha256", "content_type", "width", "height", "size", "created_at")
    search_fields = ("sha256",)


@admin.register(Rendition)
class RenditionAdmin(ReadOnlyAdmin):
    list_display = ("asset_id", "name", "content_type", "width", "height", "size")
    list_filter = ("name",)
    search_fields = ("asset__sha256",)


@admin.register(Sending)
class SendingAdmin(ReadOnlyAdmin):
    list_display = ("asset_id", "user")
    list_select_related = ("user",)
    search_fields = ("asset__sha256",)


@admin.register(Sample)
class SampleAdmin(ReadOnlyAdmin):
    list_display = ("window", "step", "index", "caption", "logged_at")
    raw_id_fields = ("window", "asset")


@admin.register(PinPage)
class PinPageAdmin(ReadOnlyAdmin):
    list_display = ("user", "key", "follow", "updated_at")
    list_select_related = ("user",)


@admin.register(Pin)
class PinAdmin(ReadOnlyAdmin):
    list_display = ("page", "env_id", "scope", "card", "step", "source")
    list_filter = ("scope", "source")
    list_select_related = ("page",)


@admin.register(BestStepPreference)
class BestStepPreferenceAdmin(ReadOnlyAdmin):
    list_display = ("user", "workspace", "tolerance")
    list_select_related = ("user", "workspace")
