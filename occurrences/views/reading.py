"""How would this be read? Texts that are typed in, under one term, as an import would read them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_safe

from darwincore.alone import Reading, read_alone
from darwincore.issues import describe
from darwincore.terms import BY_NAME

MOST_LETTERS = 2_000
TERMS = """
    eventDate verbatimCoordinates decimalLatitude decimalLongitude verbatimElevation verbatimDepth
    coordinateUncertaintyInMeters country countryCode basisOfRecord typeStatus dateIdentified
    """.split()


class ReadingForm(forms.Form):
    """A term, and texts under it, one a line."""

    term = forms.ChoiceField(
        label=gettext_lazy("Field"),
        choices=[(name, f"{BY_NAME[name].label} ({name})") for name in TERMS],
    )
    text = forms.CharField(
        label=gettext_lazy("What is written, one a line"),
        max_length=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Type a date, a coordinate or another value.")},
    )


@require_safe
def reading(request: HttpRequest) -> HttpResponse:
    """Show how each line would be read by itself. Nothing is kept."""
    asked = "text" in request.GET
    form = ReadingForm(request.GET if asked else None, initial={"term": "eventDate"})
    readings = []
    if asked and form.is_valid():
        lines = filter(str.strip, form.cleaned_data["text"].splitlines())
        readings = [_shown(read_alone(form.cleaned_data["term"], line)) for line in lines]
    context = {"form": form, "readings": readings, "most": MOST_LETTERS}
    return render(request, "occurrences/reading.html", context)


def _shown(read: Reading) -> dict[str, Any]:
    return {
        "verbatim": read.verbatim,
        "values": [(BY_NAME[term].label, term, value) for term, value in read.values.items()],
        "precision": read.precision,
        "issues": [describe(issue, translate=gettext) for issue in read.issues],
    }
