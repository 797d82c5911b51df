"""The pages of collections: who sees them, what they tell, what they offer."""

import pytest
from django.urls import reverse

from biocollections.models import Contact, Institution
from tests import make

LIST = "/collections/"


def profile(collection) -> str:
    return reverse("collections:profile", args=[collection.guid])


def manage(collection) -> str:
    return reverse("collections:manage", args=[collection.guid])


def test_the_list_counts_what_the_reader_may_see(client, herbarium, editor):
    make.occurrences(herbarium, [{}, {}, {"record_security": 5}])
    counted = '?collection=HERB">{}</a>'
    assert counted.format(2) in client.get(LIST).text
    make.occurrence(herbarium)
    assert counted.format(3) in client.get(LIST).text
    client.force_login(editor)
    assert counted.format(4) in client.get(LIST).text


def test_a_private_collection_is_there_for_its_members_alone(client, cast):
    private = make.collection("PRIVATE", is_public=False, administrator=cast["collector"])
    for name, user in cast.items():
        client.logout()
        if name != "visitor":
            client.force_login(user)
        member = name == "collector"
        assert client.get(profile(private)).status_code == (200 if member else 404), name
        assert ("Collection PRIVATE" in client.get(LIST).text) is member, name


def test_a_profile_tells_what_a_collection_is(client, herbarium):
    herbarium.institution = Institution.objects.create(code="UNI", name="University", city="Álamos")
    herbarium.description = "First <b>paragraph</b>.\n\nSecond."
    herbarium.links = [
        {"title": "Home", "url": "https://example.org/"},
        {"title": "Evil", "url": "javascript:alert(1)"},
    ]
    herbarium.save()
    Contact.objects.create(collection=herbarium, last_name="Rivas", email="rivas@example.org")
    page = client.get(profile(herbarium)).text
    for text in (
        "<p>Second.</p>",
        "First &lt;b&gt;",
        'href="mailto:rivas@example.org"',
        '<a href="https://example.org/" rel="noopener nofollow">Home</a>',
        "University",
        "Álamos",
        "CC0 1.0",
        str(herbarium.guid),
    ):
        assert text in page
    assert "javascript:" not in page


def test_statistics_are_counted_now_and_hide_what_is_hidden(client, herbarium, editor):
    make.occurrences(
        herbarium,
        [
            {"family": "Fagaceae", "decimal_latitude": "1.5", "decimal_longitude": "2"},
            {"family": "Fagaceae", "scientific_name": "Quercus alba", "type_status": "holotype"},
            {"family": "Poaceae", "scientific_name": "Zea", "genus": "Zea"},
            {"family": "Cactaceae", "scientific_name": "Opuntia rara", "record_security": 5},
        ],
    )

    def tiles() -> list[str]:
        page = client.get(profile(herbarium)).text
        tiles = page[page.index('class="tiles"') : page.index("</ul>", page.index('class="tiles"'))]
        return [part.partition("</b>")[0] for part in tiles.split("<b>")[1:]]

    # records, georeferenced, identified to species, families, genera, species, types
    assert tiles() == ["3", "1", "2", "2", "2", "2", "1"]
    make.occurrence(herbarium, family="Fagaceae", scientific_name="Quercus nova")
    assert tiles() == ["4", "1", "3", "2", "2", "3", "1"]
    client.force_login(editor)
    assert tiles() == ["5", "1", "4", "3", "3", "4", "1"]


def test_statistics_of_nothing(client, herbarium):
    assert client.get(profile(herbarium)).status_code == 200


def test_quick_search_stays_in_the_collection(client, herbarium, other_herbarium):
    page = client.get(profile(herbarium)).text
    assert '<input type="hidden" name="collection" value="HERB">' in page


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("visitor", 302),
        ("stranger", 403),
        ("reader", 403),
        ("other_administrator", 403),
        ("portal_admin", 403),
        ("editor", 200),
        ("administrator", 200),
    ],
)
def test_the_control_panel_is_for_who_works_there(client, cast, herbarium, who, status):
    if who != "visitor":
        client.force_login(cast[who])
    assert client.get(manage(herbarium)).status_code == status


def test_each_sees_the_panels_of_his_role(client, herbarium, editor, administrator):
    client.force_login(editor)
    page = client.get(manage(herbarium)).text
    assert "Data Editor Control Panel" in page
    assert "Administration Control Panel" not in page
    assert "Download backup file" not in page
    client.force_login(administrator)
    page = client.get(manage(herbarium)).text
    assert "Data Editor Control Panel" in page
    assert "Administration Control Panel" in page
    assert reverse("occurrences:import_new", args=[herbarium.guid]) in page
    assert reverse("occurrences:download_new", args=[herbarium.guid]) in page


def test_pages_take_few_queries(client, herbarium, administrator, django_assert_max_num_queries):
    for number in range(20):
        make.occurrence(make.collection(f"C{number}"))
    client.force_login(administrator)
    with django_assert_max_num_queries(6):
        client.get(LIST)
    with django_assert_max_num_queries(9):
        client.get(profile(herbarium))
    with django_assert_max_num_queries(16):  # three for what waits: suggestions, comments, offers
        client.get(manage(herbarium))
