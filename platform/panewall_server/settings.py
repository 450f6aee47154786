"""Django's settings, derived from the one typed object in conf.py. Change values there or by ``PANEWALL_*``."""

from urllib.parse import urlsplit

import dj_database_url

from panewall_server import __version__, theme
from panewall_server.conf import Config
from panewall_server.paths import RESOURCES
from panewall_server.rest_settings import *  # noqa: F403

PANEWALL = Config()
PANEWALL_VERSION = __version__

SECRET_KEY = PANEWALL.secret_key_text
DEBUG = PANEWALL.debug
ALLOWED_HOSTS = PANEWALL.allowed_hosts
FORCE_SCRIPT_NAME = PANEWALL.base_url or None
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "panewall_server.urls"
ASGI_APPLICATION = "panewall_server.asgi.application"
AUTH_USER_MODEL = "accounts.User"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # for the list of sessions
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "apps.jobs",
    "apps.accounts",
    "apps.envs",
    "apps.windows",
    "apps.media",
    "apps.runs",
    "apps.archives",
    "apps.visdom",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "panewall_server.static_files.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "apps.accounts.middleware.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "apps.accounts.middleware.PrincipalMiddleware",
    "apps.envs.middleware.ShareLinkMiddleware",  # last: below /s/<link>/ it takes back who was found before
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [RESOURCES / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.envs.context.panewall",
            ],
        },
    }
]

# One database. "snapshot" is a second connection to it, for reads that must see one moment while writes go on;
# on SQLite it is read-only, so that it never waits for the writer and the writer never for it.
_SQLITE_PRAGMAS = (
    f"PRAGMA journal_mode=WAL; PRAGMA synchronous={PANEWALL.sqlite_synchronous}; PRAGMA busy_timeout=20000;"
    " PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456; PRAGMA foreign_keys=ON;"
)
if PANEWALL.database_url:
    _default = dj_database_url.parse(PANEWALL.database_url, conn_health_checks=True)
    DATABASES = {
        "default": {
            **_default,
            # Up to 14 threads keep theirs (apps/windows/live/threads.py, and the committer); the others are for requests.
            "OPTIONS": {**_default.get("OPTIONS", {}), "pool": {"min_size": 1, "max_size": 24}},
        },
        "snapshot": {
            **_default,
            "OPTIONS": {
                **_default.get("OPTIONS", {}),
                "pool": {"min_size": 0, "max_size": 8},
                "isolation_level": 3,  # REPEATABLE READ: the whole transaction sees one moment
            },
            "TEST": {"MIRROR": "default"},
        },
    }
else:
    _file = str(PANEWALL.data_dir / "panewall.sqlite3")
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _file,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": _SQLITE_PRAGMAS},
            "TEST": {"NAME": str(PANEWALL.data_dir / "test.sqlite3")},
        },
        "snapshot": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _file,
            "OPTIONS": {
                "transaction_mode": "DEFERRED",
                "timeout": 20,
                "init_command": _SQLITE_PRAGMAS + " PRAGMA query_only=ON;",
            },
            "TEST": {"MIRROR": "default"},
        },
    }

if PANEWALL.redis_url:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [PANEWALL.redis_url]},
        }
    }
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": PANEWALL.redis_url}
    }
    CELERY_BROKER_URL = PANEWALL.redis_url
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "apps.jobs.layer.ThreadSafeInMemoryLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CELERY_BROKER_URL = "panewall-memory://localhost/"  # apps.jobs.transport
    CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.1}

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {"task": "apps.jobs.tasks.sweep", "schedule": 60.0},
    "mark-stalled-runs": {"task": "apps.envs.tasks.mark_stalled", "schedule": 10.0},
    "compact-series": {"task": "apps.windows.tasks.compact", "schedule": 60.0},
    "refresh-runs-at-rest": {"task": "apps.runs.tasks.refresh_rested", "schedule": 60.0},
    "purge-deleted": {"task": "apps.windows.tasks.purge", "schedule": 3600.0},
    "remove-old-uploads": {"task": "apps.archives.tasks.remove_old", "schedule": 86400.0},
    "remove-unused-files": {"task": "apps.media.tasks.remove_unused", "schedule": 3600.0},
    "look-for-unmade-renditions": {"task": "apps.media.tasks.look_for_work", "schedule": 60.0},
}

STATIC_URL = f"{PANEWALL.base_url}/static/"
STATICFILES_DIRS = [RESOURCES / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = PANEWALL.debug  # `make dev` builds files with new names while the server runs


def WHITENOISE_IMMUTABLE_FILE_TEST(path: str, url: str) -> bool:  # noqa: N802  the name is WhiteNoise's
    """Files of the front end carry a hash in their name, so browsers may keep them for ever."""
    return "/static/bundle/" in url and not url.endswith("/manifest.json")


STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PANEWALL.data_dir / "files"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if PANEWALL.assets_url:
    _bucket, _, _prefix = PANEWALL.assets_url.removeprefix("s3://").partition("/")
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": _bucket, "location": _prefix, "file_overwrite": False},
    }

# People
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "apps.accounts.adapter.ClosedSignUpAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ALLAUTH_TRUSTED_PROXY_COUNT = PANEWALL.trusted_proxies
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# Safety
_public = urlsplit(PANEWALL.public_url)
if PANEWALL.public_url:
    CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public.scheme == "https"
SESSION_COOKIE_NAME = "panewall_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_PATH = f"{PANEWALL.base_url}/"
CSRF_COOKIE_NAME = "panewall_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_PATH = f"{PANEWALL.base_url}/"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = None  # plain-http hosts ignore it and warn in every console
if PANEWALL.trusted_proxies:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
X_FRAME_OPTIONS = "SAMEORIGIN"
DATA_UPLOAD_MAX_MEMORY_SIZE = PANEWALL.limits.form_bytes
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", theme.SOURCE],
        # The hash is of the empty style: plotly makes an empty <style> element and fills it by script.
        "style-src": ["'self'", "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        "frame-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": PANEWALL.log_level.upper()},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.channels.server": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "twisted": {"level": "WARNING"},
    },
}
