"""The colour of an env: one of the ten data colours, chosen or following from its name."""

COLOURS = 10


def colour_of_name(full_name: str) -> int:
    """Which colour the env ``workspace/name`` has while nobody chose one: the same that pages give it.

    The 32-bit FNV-1a hash of the name's UTF-8 bytes, mixed once more and reduced to ten.
    Source: Fowler, Noll and Vo, The FNV Non-Cryptographic Hash Algorithm, 1991.
    """
    digest = 0x811C9DC5
    for byte in full_name.encode():
        digest = ((digest ^ byte) * 0x01000193) & 0xFFFFFFFF
    digest = ((digest ^ (digest >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    return (digest ^ (digest >> 16)) % COLOURS
