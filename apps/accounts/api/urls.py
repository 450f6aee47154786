from django.urls import path

from apps.accounts.api import jobs, views

urlpatterns = [
    path("me", views.MeView.as_view(), name="api-me"),
    path("tokens", views.TokenListView.as_view(), name="api-tokens"),
    path("tokens/<int:id>", views.TokenView.as_view(), name="api-token"),
    path("jobs", jobs.JobListView.as_view(), name="api-jobs"),
    path("jobs/<int:id>", jobs.JobView.as_view(), name="api-job"),
    path("jobs/<int:id>/cancel", jobs.JobCancelView.as_view(), name="api-job-cancel"),
    path("jobs/<int:id>/retry", jobs.JobRetryView.as_view(), name="api-job-retry"),
]
