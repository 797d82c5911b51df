"""A protected record's columns never hold its exact place, and nobody reads it without a right."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from darwincore import terms
from occurrences import protection, readers
from occurrences.models import Occurrence, Protection, Withheld
from occurrences.protection import Decision
from tests import make

EXACT = {
    "locality": "Canyon 4 km S of Imuris",
    "decimal_latitude": "30.7421",
    "decimal_longitude": "-110.8610",
    "event_date": "1932-07-14",
    "habitat": "oak woodland",
    "record_number": "2207",
    "country": "Mexico",
    "state_province": "Sonora",
    "recorded_by": "L. Gómez",
}
# What Symbiota hides of a place-protected record: the lower bound of what we withhold.
AT_LEAST = (
    "record_number event_date month day verbatim_event_date start_day_of_year end_day_of_year "
    "municipality locality verbatim_locality location_remarks decimal_latitude decimal_longitude "
    "geodetic_datum coordinate_uncertainty_in_meters verbatim_coordinates footprint_wkt "
    "georeferenced_by georeference_protocol georeference_sources georeference_remarks "
    "georeference_verification_status minimum_elevation_in_meters maximum_elevation_in_meters "
    "verbatim_elevation habitat substrate associated_taxa verbatim_attributes occurrence_remarks "
    "field_notes location_id water_body island island_group minimum_depth_in_meters"
).split()


def test_everything_that_symbiota_hides_is_withheld():
    assert set(AT_LEAST) <= set(terms.WITHHELD_COLUMNS)


@pytest.mark.parametrize(
    ("security", "level"),
    [
        (None, Protection.OPEN),
        (0, Protection.OPEN),
        (1, Protection.PLACE),
        (2, Protection.PLACE),
        (5, Protection.WHOLE),
    ],
)
def test_security_decides_the_level(security, level):
    assert protection.decide({"record_security": security}).level == level


def test_split_and_exact_are_each_others_inverse():
    values = {
        **dict.fromkeys(terms.COLUMNS),
        "locality": "Imuris",
        "decimal_latitude": Decimal("33.10"),
        "day": 14,
        "information_withheld": "asked by the owner",
    }
    part = protection.split(values, {"locality": "IMURIS"}, Decision(Protection.PLACE))
    assert part.public["locality"] is None
    assert "locality" in part.public["information_withheld"]
    assert part.verbatim == {}
    whole = protection.exact(part.public, part.withheld)
    assert {column: whole[column] for column in values} == values
    assert whole["verbatim"] == {"locality": "IMURIS"}


def test_a_cell_is_the_south_west_corner():
    values = {"decimal_latitude": Decimal("-30.7421"), "decimal_longitude": Decimal("-110.8610")}
    public = protection.split(values, {}, Decision(Protection.CELL)).public
    assert (public["decimal_latitude"], public["decimal_longitude"]) == (
        Decimal("-30.8"),
        Decimal("-110.9"),
    )


@pytest.mark.django_db
def test_columns_of_a_protected_record_hold_nothing_exact(herbarium):
    record = make.occurrence(herbarium, record_security=1, **EXACT)
    row = Occurrence.objects.filter(pk=record.pk).values(*terms.COLUMNS).get()
    told = {column for column, value in row.items() if value is not None}
    assert told.isdisjoint(terms.WITHHELD_COLUMNS)
    assert (row["country"], row["recorded_by"]) == ("Mexico", "L. Gómez")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT search_vector::text FROM occurrences_occurrence WHERE id = %s", [record.pk]
        )
        assert "imuris" not in cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["locality", "record_number", "decimal_latitude"])
def test_the_database_refuses_a_place_in_a_protected_row(herbarium, column):
    record = make.occurrence(herbarium, record_security=1, **EXACT)
    with pytest.raises(IntegrityError, match="hidden"), transaction.atomic():
        Occurrence.objects.filter(pk=record.pk).update(**{column: EXACT[column]})


@pytest.mark.django_db
def test_the_database_refuses_to_protect_a_row_that_shows_its_place(herbarium):
    record = make.occurrence(herbarium, **EXACT)
    with pytest.raises(IntegrityError, match="hidden"), transaction.atomic():
        Occurrence.objects.filter(pk=record.pk).update(protection=Protection.PLACE)


ENTITLED = {"reader", "editor", "administrator"}


@pytest.mark.django_db
def test_only_the_entitled_are_disclosed_the_place(herbarium, cast):
    record = make.occurrence(herbarium, record_security=1, **EXACT)
    for name, person in cast.items():
        shown = Occurrence.objects.visible_to(person).get(pk=record.pk)
        told = readers.to_darwin_core(shown)
        assert (told.get("locality") == EXACT["locality"]) == (name in ENTITLED), name
        assert told["country"] == "Mexico", name


@pytest.mark.django_db
def test_a_wholly_protected_record_exists_for_its_editors_alone(herbarium, cast):
    make.occurrence(herbarium, record_security=5, **EXACT)
    seeing = {
        name for name, person in cast.items() if Occurrence.objects.visible_to(person).exists()
    }
    reading = {name for name, person in cast.items() if Withheld.objects.readable_by(person)}
    assert seeing == reading == {"editor", "administrator"}


@pytest.mark.django_db
def test_a_record_fetched_without_asking_discloses_nothing(herbarium):
    record = make.occurrence(herbarium, record_security=1, **EXACT)
    assert Occurrence.objects.get(pk=record.pk).disclosed == {}


@pytest.mark.django_db
def test_the_file_says_what_the_page_says_for_everybody(herbarium, cast):
    make.occurrence(herbarium, record_security=1, identifiers=[("Accession", "7")], **EXACT)
    make.occurrence(herbarium, cultivation_status=True, **EXACT)
    for name, person in cast.items():
        records = Occurrence.objects.visible_to(person).order_by("pk")
        pages = [readers.to_darwin_core(record) for record in records]
        assert _selected(records, person) == pages, name


def _selected(records, person):
    with connection.cursor() as cursor:
        cursor.execute(readers.darwin_core_select(records, person))
        names = [column.name for column in cursor.description]
        return [
            {name: text for name, text in zip(names, row, strict=True) if text is not None}
            for row in cursor.fetchall()
        ]


@pytest.mark.django_db
def test_audit_finds_a_record_whose_protection_was_lost(herbarium):
    record = make.occurrence(herbarium, record_security=1, **EXACT)
    assert protection.audit() == []
    Withheld.objects.all().delete()
    assert [found.guid for found in protection.audit()] == [record.guid]
