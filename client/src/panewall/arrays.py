"""Numbers on their way out: whatever a training script holds becomes numpy, and numpy becomes typed bytes.

A numeric array travels as ``{"dtype": "f8", "bdata": bytes}`` (docs/protocol.md), never through Python lists.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import math
import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from typing import TypeGuard

WIRE_TYPES = {"f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"}


def is_tensor(value: Any) -> bool:
    """Is it a torch tensor or parameter? Asked without importing torch."""
    return hasattr(value, "detach") and hasattr(value, "cpu")


def to_numpy(value: Any) -> Any:
    """numpy for lists, tuples, tensors of any library and tables; everything else unchanged."""
    if isinstance(value, np.ndarray):
        return _unmasked(value) if isinstance(value, np.ma.MaskedArray) else value
    if is_tensor(value):
        return _of_tensor(value)
    if isinstance(value, (list, tuple)):
        return _without_objects(np.array(_without_tensors(value)))
    if hasattr(value, "to_numpy"):
        return _without_objects(value.to_numpy())
    if hasattr(value, "__array__") and not isinstance(value, np.generic):
        return np.asarray(value)
    return value


def _unmasked(array: np.ma.MaskedArray) -> np.ndarray:
    """What is masked as NaN; whole numbers and truths, which have none, as 0 where something is masked."""
    hole: Any = np.nan if array.dtype.kind in "fc" else np.zeros((), array.dtype)
    return np.asarray(array.filled(hole))


def _of_tensor(tensor: Any) -> np.ndarray:
    tensor = tensor.detach().cpu()
    try:
        return tensor.numpy()
    except (
        TypeError,
        RuntimeError,
    ):  # torch's words for what numpy does not know: sparse, conjugated, bfloat16
        for step in ("to_dense", "resolve_conj", "resolve_neg"):
            tensor = getattr(tensor, step, lambda unchanged=tensor: unchanged)()
    try:
        return tensor.numpy()
    except TypeError:
        return tensor.float().numpy()


def _without_tensors(items: Any) -> Any:
    """A list, nested as it may be, whose tensors are numpy: numpy itself cannot read those with gradients or of a GPU."""
    if any(
        is_tensor(item) or isinstance(item, (list, tuple)) or hasattr(item, "__array__") for item in items
    ):
        return [
            _without_tensors(item) if isinstance(item, (list, tuple)) else to_numpy(item) for item in items
        ]
    return items


def _without_objects(array: np.ndarray) -> np.ndarray:
    """Numbers with gaps (None) as floats with NaN; anything else as it is."""
    if array.dtype == object:
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError):
            return array
    return array


def is_numeric(value: Any) -> TypeGuard[np.ndarray]:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiub"


def typed(array: np.ndarray) -> dict[str, Any]:
    """The wire's form of a numeric array. Float and integer types stay as they are; odd sizes become f8."""
    code = _CODES.get(array.dtype.str)
    if code is not None and array.ndim == 1:
        return {"dtype": code, "bdata": array.tobytes()}
    array = np.asarray(array)
    if array.dtype.kind == "b":
        array = array.astype(np.uint8)
    code = array.dtype.kind + str(array.dtype.itemsize)
    if code not in WIRE_TYPES:
        array, code = array.astype(np.float32 if code == "f2" else np.float64), "f4" if code == "f2" else "f8"
    if array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and not _LITTLE):
        array = array.astype(array.dtype.newbyteorder("<"))
    packed: dict[str, Any] = {"dtype": code, "bdata": array.tobytes()}
    if array.ndim > 1:
        packed["shape"] = list(array.shape)
    return packed


_LITTLE = np.dtype("<i4").isnative
_CODES = {np.dtype("<" + code).str: code for code in WIRE_TYPES}


def untyped(value: dict[str, Any]) -> np.ndarray:
    """The array in a typed map, whether its bytes came raw or in base64."""
    data = value["bdata"]
    if isinstance(data, str):
        data = base64.b64decode(data)
    array = np.frombuffer(data, dtype="<" + value["dtype"])
    shape = value.get("shape")
    if isinstance(shape, str):
        shape = [int(part) for part in shape.split(",")]
    return array.reshape(shape) if shape else array


def is_typed(value: Any) -> bool:
    return isinstance(value, dict) and "bdata" in value and value.get("dtype") in WIRE_TYPES


def as_series(value: Any) -> np.ndarray | None:
    """A flat numeric array if the value is one in any of its spellings, else None. None in a list is a gap."""
    if is_typed(value):
        try:
            array = untyped(value)
        except (ValueError, TypeError, binascii.Error):
            return None
    else:
        array = to_numpy(value) if not isinstance(value, (str, bytes, dict)) else None
    if is_numeric(array) and array.ndim == 1:
        return array
    return None


def portable(value: Any, *, arrays: bool = True) -> Any:
    """A value made of what MessagePack can carry.

    Args:
        value: anything found in ``opts``, a layout or a trace.
        arrays: whether numeric arrays may travel as typed bytes; False makes lists of them, for layouts and options.
    """
    if value is None or isinstance(value, (str, bool, bytes)):
        return value if not isinstance(value, str) else str(value)
    if isinstance(value, (int, np.integer)):
        value = int(value)
        return value if -(2**63) <= value < 2**64 else float(value)
    if isinstance(value, (float, np.floating)):
        value = float(value)
        return value if math.isfinite(value) else None
    if isinstance(value, np.bool_):
        return bool(value)
    if is_typed(value):
        return typed(untyped(value)) if arrays else portable(untyped(value), arrays=False)
    if isinstance(value, dict):
        return {str(key): portable(item, arrays=arrays) for key, item in value.items()}
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, np.datetime64):
        return str(value)
    if isinstance(value, (set, frozenset)):
        value = list(value)
    array = to_numpy(value) if not isinstance(value, (list, tuple)) else None
    if array is None and isinstance(value, (list, tuple)):
        if arrays and len(value) >= 16:
            array = as_series(value)
            if array is not None and not _same_numbers(value):
                array = None
        if array is None:
            return [portable(item, arrays=arrays) for item in value]
    if isinstance(array, np.ndarray):
        if is_numeric(array) and array.ndim and arrays:
            return typed(array)
        if array.dtype.kind == "M":
            return array.astype("datetime64[ms]").astype(str).tolist()
        return portable(array.tolist(), arrays=arrays)
    if isinstance(value, numbers.Real):
        return portable(float(value))
    described = getattr(value, "to_plotly_json", None)
    return str(value) if described is None else portable(described(), arrays=arrays)


def _same_numbers(items: Any) -> bool:
    """Are all of them real numbers or gaps? (numpy would also make numbers of strings or booleans mixed in.)"""
    return all(
        item is None or (isinstance(item, (int, float, np.number)) and not isinstance(item, bool))
        for item in items
    )


def plain(value: Any) -> Any:
    """The same value as JSON would hold it: arrays as lists, gaps and infinities as null. For logs and for people."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            gaps = value.astype(object)
            gaps[~np.isfinite(value)] = None
            return gaps.tolist()
        return plain(value.tolist()) if value.dtype.kind in "OM" else value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return plain(portable(value, arrays=False))
