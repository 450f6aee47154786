"""`panewall.Visdom`: a drop-in for `visdom.Visdom`.

Each method builds visdom's own message (so `send=False`, logs and subclasses that override `_send` see what they know) and hands
it to `_send`; `panewall.wire` makes commands of it, `panewall.sender` delivers them. A plotting call returns at once.

A module for each family of methods: `points`, `charts`, `fields`, `media`, `forms`; `control` has those that plot nothing,
`drawing` and `connection` what all of them stand on.
"""

from __future__ import annotations

from panewall.visdom.charts import Charts
from panewall.visdom.connection import Connection
from panewall.visdom.control import Control
from panewall.visdom.fields import Fields
from panewall.visdom.forms import Forms
from panewall.visdom.media import Media
from panewall.visdom.points import Points

__all__ = ["Visdom"]


class Visdom(Points, Charts, Fields, Media, Forms, Control):
    __doc__ = Connection.__doc__
