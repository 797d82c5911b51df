"""An iNaturalist export maps by itself, and an obscured point is never taken for an exact one."""

import csv
import io

import pytest

from occurrences.inaturalist import is_export
from occurrences.models import ImportRun, Occurrence, Protection
from occurrences.readers import exact_values
from tests.occurrences.importing import bring_in

pytestmark = pytest.mark.django_db

# As the site's export page names them.
HEADERS = (
    "id,uuid,observed_on_string,observed_on,time_observed_at,time_zone,user_id,user_login,"
    "user_name,created_at,updated_at,quality_grade,license,url,image_url,sound_url,tag_list,"
    "description,num_identification_agreements,num_identification_disagreements,"
    "captive_cultivated,oauth_application_id,place_guess,latitude,longitude,positional_accuracy,"
    "private_place_guess,private_latitude,private_longitude,public_positional_accuracy,geoprivacy,"
    "taxon_geoprivacy,coordinates_obscured,positioning_method,positioning_device,species_guess,"
    "scientific_name,common_name,iconic_taxon_name,taxon_id"
).split(",")
ROW = {
    "id": "101",
    "uuid": "6b1d7d7e-0f9f-4c43-8fd4-90d1d6a8a001",
    "observed_on_string": "March 14, 2025 10:05",
    "observed_on": "2025-03-14",
    "user_login": "walker",
    "license": "CC-BY-NC",
    "quality_grade": "research",
    "url": "https://www.inaturalist.org/observations/101",
    "image_url": "https://static.example.org/photos/1/medium.jpg",
    "captive_cultivated": "false",
    "place_guess": "Sonora, MX",
    "latitude": "30.7712345",
    "longitude": "-110.8612345",
    "positional_accuracy": "5",
    "public_positional_accuracy": "5",
    "geoprivacy": "",
    "coordinates_obscured": "false",
    "species_guess": "Emory Oak",
    "scientific_name": "Quercus emoryi",
    "common_name": "Emory Oak",
    "taxon_id": "49009",
}


def export(*rows, headers=HEADERS):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, headers, extrasaction="ignore")
    writer.writeheader()
    writer.writerows([{**ROW, **row} for row in rows])
    return stream.getvalue()


def brought(profile, person, *rows, **options):
    run = bring_in(profile, person, export(*rows, **options))
    assert run.counts["blocked"] == 0, run.outcomes.values_list("reason", flat=True)
    return [
        (record, exact_values(record))
        for record in Occurrence.objects.editable_by(person).order_by("pk")
    ]


def test_an_export_is_known_by_its_columns():
    assert is_export(HEADERS)
    assert is_export(["id", "observed_on", "place_guess", "latitude"])
    assert not is_export(["id", "date", "latitude", "place_guess"])


def test_an_open_observation_says_what_it_said_there(personal_profile, collector):
    [(record, said)] = brought(personal_profile, collector, {})
    assert record.protection == Protection.OPEN
    assert said["occurrence_id"] == ROW["url"]
    assert record.source_id == "101"
    assert (said["recorded_by"], said["event_date"]) == ("walker", "2025-03-14")
    assert (said["scientific_name"], said["vernacular_name"]) == ("Quercus emoryi", "Emory Oak")
    assert (str(said["decimal_latitude"]), str(said["decimal_longitude"])) == (
        ROW["latitude"],
        ROW["longitude"],
    )
    assert str(said["coordinate_uncertainty_in_meters"]) == "5"
    assert said["locality"] == "Sonora, MX"
    assert said["associated_media"] == ROW["image_url"]
    assert said["basis_of_record"] == "HumanObservation"
    assert said["data_generalizations"] is None
    assert '"quality_grade": "research"' in said["dynamic_properties"]


def test_the_observer_goes_by_his_name_where_he_gave_one(personal_profile, collector):
    [(_record, said)] = brought(personal_profile, collector, {"user_name": "Ana Rivas"})
    assert said["recorded_by"] == "Ana Rivas"


@pytest.mark.parametrize(
    "hiding",
    [
        {"coordinates_obscured": "true"},
        {"geoprivacy": "obscured"},
        {"taxon_geoprivacy": "obscured"},
    ],
)
def test_an_obscured_point_is_as_vague_as_its_cell(hiding, personal_profile, collector):
    vague = {**hiding, "public_positional_accuracy": "28512"}
    [(_record, said)] = brought(personal_profile, collector, vague)
    assert str(said["coordinate_uncertainty_in_meters"]) == "28512"
    assert "obscured" in said["data_generalizations"]


def test_an_obscured_point_without_an_accuracy_gets_that_of_the_cell(personal_profile, collector):
    chosen = [name for name in HEADERS if "public_" not in name and "private_" not in name]
    [(_record, said)] = brought(
        personal_profile, collector, {"coordinates_obscured": "true"}, headers=chosen
    )
    assert int(said["coordinate_uncertainty_in_meters"]) == 31500


def test_the_observers_exact_point_comes_in_protected(personal_profile, collector):
    own = {
        "geoprivacy": "obscured",
        "coordinates_obscured": "true",
        "public_positional_accuracy": "28512",
        "private_place_guess": "Rancho El Aribabi",
        "private_latitude": "30.9",
        "private_longitude": "-110.6",
    }
    [(record, said)] = brought(personal_profile, collector, own)
    assert record.protection == Protection.PLACE
    assert (record.decimal_latitude, record.locality) == (None, None)
    assert (str(said["decimal_latitude"]), said["locality"]) == ("30.9", "Rancho El Aribabi")
    assert str(said["coordinate_uncertainty_in_meters"]) == "5"


def test_a_private_observation_without_a_point_has_none(personal_profile, collector):
    nowhere = {"geoprivacy": "private", "latitude": "", "longitude": ""}
    [(_record, said)] = brought(personal_profile, collector, nowhere)
    assert said["decimal_latitude"] is said["coordinate_uncertainty_in_meters"] is None


def test_the_same_export_again_changes_nothing(personal_profile, collector):
    rows = [{}, {"id": "102", "url": f"{ROW['url']}2", "coordinates_obscured": "true"}]
    brought(personal_profile, collector, *rows)
    again = bring_in(personal_profile, collector, export(*rows))
    assert again.key == ImportRun.Key.OCCURRENCE_ID
    assert (again.counts["created"], again.counts["updated"]) == (0, 0)
