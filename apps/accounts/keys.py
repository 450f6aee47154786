"""Random texts that open doors, and the only form in which the database keeps them.

The texts are long and random, so a keyed hash is enough and a slow one would only slow every request down. The
key lies apart from the database: a copy of the rows cannot be used to check guesses, and nothing can be planted.
"""

import hashlib
import hmac
import secrets
import string

from django.conf import settings

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def random_text(length: int) -> str:
    """Random digits and letters; 5.95 bits each."""
    return "".join(secrets.choice(BASE62) for _ in range(length))


def base62(number: int, *, width: int) -> str:
    """``number`` in base 62, padded with zeros to ``width`` characters."""
    digits = []
    while number:
        number, rest = divmod(number, 62)
        digits.append(BASE62[rest])
    return "".join(reversed(digits)).rjust(width, BASE62[0])


def digest_of(raw: str) -> str:
    """Hex SHA-256: what the visdom wire's client sends of a password, so what the stored hash is made from."""
    return hashlib.sha256(raw.encode()).hexdigest()


def stored_hash(digest: str, *, purpose: str = "") -> str:
    """The form that is stored. ``purpose`` keeps one kind of secret from opening another kind's door."""
    return hmac.new(settings.PANEWALL.token_key_bytes, (purpose + digest).encode(), "sha256").hexdigest()
