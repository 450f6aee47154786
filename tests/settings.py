"""The server's settings, for tests: a data folder of their own, thrown away at the end, and what makes them quick.

The database is SQLite, or what ``TEST_DATABASE_URL`` names: `make test-postgres` sets it.
"""

import os
import tempfile

# Each pytest process, xdist's workers too, gets its own. The object removes the folder when the process ends.
_data_folder = tempfile.TemporaryDirectory(prefix="panewall-tests-", ignore_cleanup_errors=True)
for _name in [name for name in os.environ if name.startswith("PANEWALL_")]:
    del os.environ[_name]  # a developer's own settings must not reach the tests
os.environ["PANEWALL_DATA_DIR"] = _data_folder.name
os.environ["PANEWALL_CREDENTIALS"] = os.path.join(_data_folder.name, "credentials.json")
os.environ["PANEWALL_STATE_DIR"] = os.path.join(_data_folder.name, "state")
if _database := os.environ.get("TEST_DATABASE_URL"):
    os.environ["PANEWALL_DATABASE_URL"] = _database

from panewall_server.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Each test client is a new handler, which would read through all static files first; a server does so once.
WHITENOISE_AUTOREFRESH = True
# The database lives as long as its process, and no test cuts its power. Servers that tests start sync as ever.
for _alias in DATABASES.values():  # noqa: F405
    if "init_command" in _alias["OPTIONS"]:
        _alias["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
os.environ.pop("PANEWALL_DATABASE_URL", None)  # servers that tests start name their own
