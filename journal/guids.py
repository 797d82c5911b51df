"""Public identity of rows: time-ordered UUIDs."""

import os
import time
from uuid import UUID


def new_guid() -> UUID:
    """Return a UUID version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then random bits.

    Time order keeps the unique index growing at one end, so a million inserts stay in cache.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)
