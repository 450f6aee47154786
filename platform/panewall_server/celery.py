"""The Celery application: the same tasks in worker threads (embedded) and in worker processes (cluster)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panewall_server.settings")

app = Celery("panewall")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["apps.windows.comparison"])
