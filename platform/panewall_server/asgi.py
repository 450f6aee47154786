"""The front door: every request and socket comes through here.

The few addresses that must be fast (ingest, live sockets, health) are small ASGI applications of their own, since Django's
request stack costs a millisecond or more. All of them share the checks made here: host, size, who is asking. The rest
is Django's.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panewall_server.settings")

from django.core.asgi import get_asgi_application  # noqa: E402

_django = get_asgi_application()

from panewall_server.door import FrontDoor  # noqa: E402  needs Django to be set up

application = FrontDoor(_django)
