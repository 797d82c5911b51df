"""What a form takes of another sheet: nothing of its own, nothing rounded, nothing by halves."""

from typing import Any

import pytest

from occurrences import protecting
from occurrences.models import Occurrence, PendingName, Protection, ProtectionList
from occurrences.transferring_fields import Taken, offer, sheet_of, take
from tests import canary, make

GOMEZ = {"recorded_by": "L. Gómez", "record_number": "2207", "event_date": "1932-07-14"}
POINT = {
    "decimal_latitude": "30.76",
    "decimal_longitude": "-110.85",
    "geodetic_datum": "WGS84",
    "georeferenced_by": "A. Ruiz",
}


@pytest.fixture
def sheet(other_herbarium: Any) -> Any:
    """Make Gómez' 2207 in the other herbarium."""

    def made(**values: Any) -> Occurrence:
        return make.occurrence(other_herbarium, catalog_number="O-1", **{**GOMEZ, **values})

    return made


def seen(record: Occurrence, user: Any) -> Occurrence:
    return Occurrence.objects.visible_to(user).select_related("collection").get(pk=record.pk)


def taken(
    form: dict[str, str], source: Occurrence, *, tier: str = "exact", only_empty: bool = False
) -> Taken:
    """Press the button without touching a tick."""
    offered = offer(source, tier)
    ticked = [part.name for part in offered.parts if part.ticked]
    return take(form, offered, ticked, only_empty=only_empty)


def test_a_holotype_as_source_leaves_type_status_empty(sheet: Any, editor: Any) -> None:
    source = seen(sheet(type_status="Holotype of Quercus emoryi", locality="Imuris"), editor)
    texts = taken({}, source).texts
    assert "type_status" not in texts and texts["locality"] == "Imuris"
    offered = offer(source)
    assert offered.suggestion == "isotype" and "isotype" in offered.hint


@pytest.mark.parametrize(
    ("values", "called"),
    [
        ({}, "O-1"),
        ({"catalog_number": None}, "L. Gómez 2207"),
        ({"catalog_number": None, "recorded_by": None}, "2207"),
        ({"catalog_number": None, "record_number": None}, "{guid}"),
        ({"catalog_number": None, "record_security": 5}, "{guid}"),
    ],
)
def test_a_sheet_is_called_by_the_words_people_have_for_it(
    other_herbarium: Any, values: dict[str, Any], called: str
) -> None:
    record = make.occurrence(other_herbarium, **{"catalog_number": "O-1", **GOMEZ, **values})
    assert sheet_of(record) == f"{other_herbarium.code} {called.format(guid=record.guid)}"


def test_nothing_of_the_sheet_itself_goes_over(sheet: Any, editor: Any) -> None:
    own = {
        "duplicate_quantity": "5",
        "individual_count": "3",
        "disposition": "on loan",
        "storage_location": "Cabinet 7",
        "occurrence_id": "urn:x:1",
        "owner_institution_code": "O",
        "processing_status": "reviewed",
        "label_project": "Flora",
        "preparations": "sheet",
        "sex": "female",
        "life_stage": "adult",
        "minimum_depth_in_meters": "3",
        "continent": "North America",
        "island": "Tiburón",
    }
    source = seen(sheet(**own, habitat="oak"), editor)
    texts = taken({}, source).texts
    assert texts["habitat"] == "oak"
    assert not {*own, "catalog_number", "basis_of_record"} & texts.keys()


def test_blank_values_erase_nothing_and_all_overwrites(sheet: Any, editor: Any) -> None:
    form = {**GOMEZ, "recorded_by": "Gomez", "habitat": "oak", "substrate": "granite"}
    texts = taken(form, seen(sheet(habitat="pine"), editor)).texts
    assert texts["recorded_by"] == "L. Gómez" and texts["habitat"] == "pine"
    assert "substrate" not in texts


def test_into_empty_fields_only(sheet: Any, editor: Any) -> None:
    source = seen(sheet(habitat="pine", locality="Imuris"), editor)
    texts = taken({**GOMEZ, "habitat": "oak"}, source, only_empty=True).texts
    assert "habitat" not in texts and texts["locality"] == "Imuris"


def test_reproductive_condition_and_remarks_are_unticked_at_first(sheet: Any, editor: Any) -> None:
    source = seen(sheet(reproductive_condition="flowering", occurrence_remarks="rare"), editor)
    assert not {"reproductive_condition", "occurrence_remarks"} & taken({}, source).texts.keys()
    chosen = take({}, offer(source), ["occurrence_remarks"], only_empty=False)
    assert chosen.texts == {"occurrence_remarks": "rare"}


def test_an_event_gives_neither_name_nor_number(sheet: Any, editor: Any) -> None:
    source = seen(
        sheet(record_number="2209", identified_by="Ruiz", family="Fagaceae", locality="Imuris"),
        editor,
    )
    texts = taken({}, source, tier="event").texts
    assert texts["locality"] == "Imuris"
    barred = {"scientific_name", "identified_by", "family", "record_number", "taxon_remarks"}
    assert not barred & texts.keys()
    assert "record_number" not in taken({}, source, tier="near").texts


def test_a_form_with_coordinates_but_no_datum_takes_no_part_of_another_georeference(
    sheet: Any, editor: Any
) -> None:
    source = seen(sheet(**POINT), editor)
    form = {**GOMEZ, "decimal_latitude": "30.9", "decimal_longitude": "-110.9"}
    for_empty = taken(form, source, only_empty=True)
    assert not POINT.keys() & for_empty.texts.keys()
    assert "Georeference" in for_empty.left[0]
    assert POINT.items() <= taken(form, source).texts.items()  # all of it, or nothing


def test_a_georeference_is_never_made_of_two(sheet: Any, editor: Any) -> None:
    source = seen(sheet(**POINT), editor)
    form = {"decimal_latitude": "30.9", "coordinate_uncertainty_in_meters": "50"}
    took = taken(form, source)
    assert not POINT.keys() & took.texts.keys() and took.left
    half = taken({"geodetic_datum": "NAD27"}, source, only_empty=True)
    assert not POINT.keys() & half.texts.keys()
    assert POINT.items() <= taken({}, source, only_empty=True).texts.items()


def test_a_determination_is_taken_whole_and_says_from_which_sheet(sheet: Any, editor: Any) -> None:
    source = seen(sheet(identified_by="A. Ruiz", date_identified="1999"), editor)
    texts = taken({**GOMEZ, "scientific_name": "Quercus emoryi"}, source, only_empty=True).texts
    assert texts["identified_by"] == "A. Ruiz"
    assert texts["identification_remarks"] == "Determination of the duplicate OTHER O-1."
    other = taken({"scientific_name": "Quercus alba"}, source, only_empty=True)
    assert not {"identified_by", "date_identified"} & other.texts.keys() and other.left


def test_a_date_that_means_the_same_lets_what_goes_with_it_in(sheet: Any, editor: Any) -> None:
    source = seen(sheet(verbatim_event_date="14 July 32"), editor)
    same = taken({"event_date": "14.vii.1932"}, source, only_empty=True)
    assert same.texts["verbatim_event_date"] == "14 July 32" and "event_date" not in same.texts
    other = taken({"event_date": "1933-07-14"}, source, only_empty=True)
    assert "verbatim_event_date" not in other.texts


# --- protected sources --------------------------------------------------------------------------


def test_of_a_protected_record_only_what_all_may_read_goes_to_outsiders(
    canaries: canary.Canaries, other_editor: Any
) -> None:
    source = seen(canaries.place, other_editor)
    offered = offer(source)
    assert not offered.is_whole
    texts = taken({}, source).texts
    assert canary.leaks(str(texts), None, canaries) == set()
    assert texts["scientific_name"] == "Cereus planus"
    assert texts["record_security"] == "1"


def test_the_corner_of_a_cell_is_no_place(herbarium: Any, other_editor: Any, editor: Any) -> None:
    everywhere = ProtectionList.objects.create(title="Cacti")
    plants = make.taxon("Plantae", rank="kingdom")
    protecting.add_rule(
        None, everywhere, make.taxon("Cereus celatus", parent=plants), level=Protection.CELL
    )
    hidden = make.occurrence(herbarium, scientific_name="Cereus celatus", **POINT)
    PendingName.objects.all().delete()  # the rule has been through all records
    hidden.refresh_from_db()
    assert hidden.decimal_latitude is not None
    assert not POINT.keys() & taken({}, seen(hidden, other_editor)).texts.keys()
    assert POINT.items() <= taken({}, seen(hidden, editor)).texts.items()


def test_what_came_generalised_is_not_copied(sheet: Any, editor: Any) -> None:
    source = seen(sheet(**POINT, data_generalizations="Coordinates rounded"), editor)
    assert not POINT.keys() & taken({}, source).texts.keys()


def test_the_copy_asks_for_the_protection_of_its_source(
    canaries: canary.Canaries, editor: Any
) -> None:
    place, whole = seen(canaries.place, editor), seen(canaries.whole, editor)
    assert taken({}, place).texts["record_security"] == "1"
    assert taken({"record_security": "1"}, whole).texts["record_security"] == "5"
    assert "record_security" not in taken({"record_security": "5"}, place).texts
