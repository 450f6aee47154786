"""What the columns of the runs table are called on the wire.

``name``, ``created`` … are fields of the env. ``config:optim/lr`` is a leaf of its config; ``metric:min:val/loss`` is
what a metric came to, by one of the aggregates; ``tag:fold`` is what follows ``fold:`` in the env's first tag that begins so.
"""

from dataclasses import dataclass
from typing import Literal

from apps.errors import Invalid
from apps.runs.models import NAME_MAX

Kind = Literal["text", "number", "date", "tags", "mixed"]

#: Fields of the env, and what their values are.
FIELDS: dict[str, Kind] = {
    "name": "text",
    "prefix": "text",
    "status": "text",
    "owner": "text",
    "notes": "text",
    "tags": "tags",
    "created": "date",
    "updated": "date",
    "duration": "number",
}
#: Aggregate on the wire -> column of ``Summary``.
AGGREGATES = {"last": "last", "min": "low", "max": "high", "mean": "mean", "count": "count"}
STEP_OF = {"last": "last_step", "min": "low_step", "max": "high_step"}


@dataclass(frozen=True, slots=True)
class ColumnName:
    """A column as a request names it."""

    source: Literal["field", "config", "metric", "tag"]
    name: str
    aggregate: str = ""

    def __str__(self) -> str:
        if self.source == "field":
            return self.name
        return ":".join(filter(None, (self.source, self.aggregate, self.name)))

    @property
    def kind(self) -> Kind:
        match self.source:
            case "field":
                return FIELDS[self.name]
            case "metric":
                return "number"
            case "tag":
                return "text"
        return "mixed"

    @property
    def is_summarised(self) -> bool:
        """Whether its values lie in rows that follow the env's revision."""
        return self.source in ("config", "metric")


def parse(text: str, *, field: str = "columns") -> ColumnName:
    """``metric:last:val/loss`` in its parts.

    Raises:
        Invalid: there is no such kind of column.
    """
    source, _, rest = text.partition(":")
    if len(text) > NAME_MAX + 20 or any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in text):
        rest = ""  # no database holds such a name
    if source == "config" and rest:
        return ColumnName("config", rest)
    if source == "tag" and rest:
        return ColumnName("tag", rest)
    if source == "metric" and rest:
        aggregate, _, name = rest.partition(":")
        if aggregate in AGGREGATES and name:
            return ColumnName("metric", name, aggregate)
    elif text in FIELDS:
        return ColumnName("field", text)
    reason = (
        f"{text[:100]!a} is no column. There are {', '.join(FIELDS)}, config:<key>, tag:<beginning> and "
        f"metric:<{'|'.join(AGGREGATES)}>:<name>."
    )
    raise Invalid(reason, fields={field: [reason]})
