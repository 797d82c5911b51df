"""An ORCID: sixteen digits in four groups, the last a check digit (ISO 7064 11-2)."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_FORM = re.compile(r"(?:https?://orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])/?", re.I)


def tidy(text: str) -> str:
    """Return an ORCID as 0000-0002-1825-0097, however it was written; "" for a blank one.

    Raises ValidationError for what is none, a mistyped digit included.
    """
    text = text.strip()
    if not text:
        return ""
    found = _FORM.fullmatch(text)
    if not found:
        raise ValidationError(_("An ORCID looks like 0000-0002-1825-0097."))
    orcid = "-".join(found.groups()).upper()
    if _check_digit(orcid) != orcid[-1]:
        raise ValidationError(_("A digit of this ORCID is mistyped: its last one does not fit."))
    return orcid


def _check_digit(orcid: str) -> str:
    total = 0
    for digit in orcid.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)
