"""Text that was UTF-8 and was read as Windows-1252 somewhere on its way: cafÃ© for café.

Nothing is mended unasked: `spotted` finds what looks so, `mended` puts it right.
"""

import re

# What the 64 bytes that go on a letter of UTF-8 look like in Windows-1252, and its first bytes.
_GOES_ON = "".join(
    bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0)
)
_SPOILT = re.compile(
    f"[\u00c2-\u00df][{_GOES_ON}]|[\u00e0-\u00ef][{_GOES_ON}]{{2}}|[\u00f0-\u00f4][{_GOES_ON}]{{3}}"
)
# What the first letter of such a run looks like in bytes of UTF-8: for a quick look at a file.
MARKS = (*(b"\xc3" + bytes([byte]) for byte in b"\x82\x83\x84\x85\x90"), b"\xc3\xa2\xe2\x82\xac")
LOST = "\ufffd"


def spotted(text: str) -> bool:
    """Tell whether some letters of a text look like two or three."""
    return not text.isascii() and mended(text) != text


def mended(text: str) -> str:
    """Return the text with such runs put right, also those spoilt twice."""
    for _again in range(2):
        better = text if text.isascii() else _SPOILT.sub(_one_mended, text)
        if better == text:
            break
        text = better
    return text


def _one_mended(found: re.Match[str]) -> str:
    try:
        return bytes(map(_byte, found[0])).decode()
    except UnicodeDecodeError:
        return found[0]


def _byte(letter: str) -> int:
    code = ord(letter)
    return code if code < 0x100 else letter.encode("cp1252")[0]
