"""manage picture_labels FOLDER: what each kind of label looks like, as PNG files for docs/."""

from __future__ import annotations

import io
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from PIL import Image, ImageDraw

from occurrences import label_logo, label_pdf
from occurrences.label_design import ANNOTATION, HERBARIUM, MOST_LOGO, PACKET, PIN, Design
from occurrences.label_text import compose

SHEET = {
    "scientific_name": "Quercus emoryi",
    "scientific_name_authorship": "Torr.",
    "family": "Fagaceae",
    "country": "Mexico",
    "state_province": "Sonora",
    "county": "Ímuris",
    "locality": "Cañón del Púlpito, 12 km east of Colonia Oaxaca, north-facing slope above "
    "the road",
    "decimal_latitude": Decimal("31.0210"),
    "decimal_longitude": Decimal("-108.9543"),
    "geodetic_datum": "WGS84",
    "coordinate_uncertainty_in_meters": Decimal(30),
    "minimum_elevation_in_meters": Decimal(1200),
    "maximum_elevation_in_meters": Decimal(1300),
    "habitat": "Oak woodland with juniper on rhyolite",
    "verbatim_attributes": "Tree 4 m high; bark black, fissured.",
    "recorded_by": "L. Gómez",
    "record_number": "412",
    "associated_collectors": "A. Sánchez",
    "event_date": "1932-07-14",
    "identified_by": "C. H. Muller",
    "date_identified": "1940",
    "identification_remarks": "Leaf bases cordate, acorns annual.",
    "catalog_number": "ARIZ-B-001234",
    "sex": "♀",
    "duplicate_quantity": "3",
}
HYBRID = {
    "scientific_name": "Quercus oblongifolia × emoryi",
    "scientific_name_authorship": "",
    "verbatim_attributes": "Shrub 2 m high.",
    "record_number": "413",
    "catalog_number": "ARIZ-B-001235",
    "duplicate_quantity": "",
    "sex": "♂",
}
CACTUS = {
    "scientific_name": "Cereus planus",
    "scientific_name_authorship": "Żył. & Öst.",
    "identification_qualifier": "cf.",
    "family": "Cactaceae",
    "record_number": "414",
    "catalog_number": "ARIZ-B-001236",
    "duplicate_quantity": "",
}
PROTECTED = "Protected: exact place, not for publication"


class Command(BaseCommand):
    """Draw the pictures of labels that docs/labels.md shows."""

    help = "Draws the pictures of labels for the documentation, of records that stand in the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder that the files go to."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write one PNG file a kind of label."""
        folder: Path = options["folder"]
        mark = label_logo.read(_mark(), MOST_LOGO)
        herbarium = replace(_headed(HERBARIUM), border=True, code="qr", height=62.0, logo=mark)
        pages: list[tuple[str, Design, list[Mapping[str, Any]], str, int]] = [
            ("herbarium", herbarium, [{**SHEET, "duplicate_quantity": ""}, HYBRID], "", 1300),
            ("packet", _headed(PACKET), [CACTUS], PROTECTED, 1000),
            ("pin", PIN, [SHEET, HYBRID, CACTUS], "", 1400),
            ("annotation", ANNOTATION, [SHEET, HYBRID, CACTUS], "", 1100),
        ]
        for name, design, rows, mark_of, width in pages:
            png = _drawn(design, rows, mark_of, width, annotations=name == "annotation")
            (folder / f"label-{name}.png").write_bytes(png)
            self.stdout.write(f"label-{name}.png: {len(png):,} bytes")


def _headed(design: Design) -> Design:
    return replace(
        design,
        heading_prefix="Plants of",
        heading_middle="state_province",
        footer="University Herbarium, Flora of the Sonoran Desert",
    )


def _drawn(
    design: Design, rows: list[Mapping[str, Any]], mark: str, width: int, *, annotations: bool
) -> bytes:
    texts = [compose("", {**SHEET, **row}, design, mark) for row in rows]
    stream = io.BytesIO()
    once = (replace(text, copies=1) for text in texts)
    _labels, problems = label_pdf.write(once if annotations else texts, design, stream)
    assert all(problem.how == "shrunk" for problem in problems), problems
    png = label_pdf.picture(stream.getvalue(), width=width, cropped=True)
    return _front(png) if design.form == "packet" else png


def _front(png: bytes) -> bytes:
    """Return the middle third of a packet's sheet, with the folds around it."""
    sheet = Image.open(io.BytesIO(png))
    made = io.BytesIO()
    sheet.crop((0, sheet.height * 3 // 10, sheet.width, sheet.height * 7 // 10)).save(made, "PNG")
    return made.getvalue()


def _mark() -> io.BytesIO:
    """Draw a saguaro before the sun, as the mark of an invented project."""
    image = Image.new("RGB", (360, 360), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((30, 30, 330, 330), fill="#e8b04a")
    for box in ((160, 60, 200, 340), (80, 150, 110, 230), (250, 120, 280, 210)):
        draw.rounded_rectangle(box, 20, fill="#2f5d3a")
    draw.rounded_rectangle((80, 205, 180, 235), 15, fill="#2f5d3a")
    draw.rounded_rectangle((180, 185, 280, 215), 15, fill="#2f5d3a")
    made = io.BytesIO()
    image.save(made, "PNG")
    made.seek(0)
    return made
