from django.contrib import admin

from apps.windows.admin import ReadOnlyAdmin

from .models import Asset, Sample


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    list_display = ("sha256", "content_type", "width", "height", "size", "created_at")
    search_fields = ("sha256",)


@admin.register(Sample)
class SampleAdmin(ReadOnlyAdmin):
    list_display = ("window", "step", "index", "caption", "logged_at")
    raw_id_fields = ("window", "asset")
