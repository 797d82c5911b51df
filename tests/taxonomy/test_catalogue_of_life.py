"""Names asked of the Catalogue of Life: what links, what waits for a person, what wipes nothing."""

import pytest
from django.core.management import CommandError, call_command

from journal.jobs import Refused
from taxonomy import adopting, catalogue_of_life, checklistbank, checklists, matching
from taxonomy.catalogue_of_life import SOURCE, Unavailable, check, complete, look_up
from taxonomy.evidence import Asked
from taxonomy.models import CatalogueAnswer, Checklist, Name, Taxon, Usage, UsageVernacular
from taxonomy.spelling import authorship_key, canonical_key, variant_key
from tests import make
from tests.taxonomy import catalogue_server as server

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue(settings, monkeypatch):
    """A service on this machine that the portal is set up to ask, without any waiting."""
    monkeypatch.setattr(checklistbank, "PAUSE", 0)
    monkeypatch.setattr(checklistbank, "_sleep", lambda seconds: None)
    with server.serving() as served:
        settings.CATALOGUE_OF_LIFE_URL = served.url
        yield served


def asked(*names):
    """Questions from "Puma concolor | (Linnaeus, 1771) | Animalia | Felidae"."""
    cells = [[cell.strip() for cell in name.split("|")] for name in names]
    return [Asked(number, *row) for number, row in enumerate(cells)]


def found(*names, **options):
    return list(look_up(asked(*names), **options))


def one(name, **options):
    (match,) = found(name, **options)
    return match


def labels(match):
    return [f"{c['name']} {c['authorship']}".strip() for c in match.candidates]


# -- What answers mean -----------------------------------------------------------------------------


def test_exact_answer_links(catalogue):
    match = one("Puma concolor | (Linnaeus, 1771)")
    assert (match.state, match.how) == ("linked", "exact with author")
    assert match.chosen == match.candidates[0]
    assert match.chosen["name"] == "Puma concolor"
    assert match.chosen["authorship"] == "(Linnaeus, 1771)"
    assert (match.chosen["family"], match.chosen["kingdom"]) == ("Felidae", "Animalia")
    assert (match.chosen["taxon"], match.chosen["accepted"]) == (None, "")
    assert match.chosen["source"] == SOURCE
    assert Usage.objects.get(pk=match.chosen["usage"]).source_id == "P1"


def test_exact_synonym_links_and_names_the_accepted_one(catalogue):
    match = one("Felis concolor | Linnaeus, 1771")
    assert (match.state, match.how) == ("linked", "synonym")
    assert match.chosen["status"] == "synonym"
    assert match.chosen["accepted"] == "Puma concolor (Linnaeus, 1771)"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("Puma concolor", "no author to tell by"),  # variant
        ("Quercus robur | Mill.", "author differs"),  # canonical
        ("Oenanthe", "homonym"),  # ambiguous
        ("Quercus cf. robur | L.", "qualified"),
        ("Puma concolor | (L., 1771)", "online not sure"),  # variant of the author
    ],
)
def test_answer_that_is_not_exact_waits_for_a_person(catalogue, name, how):
    match = one(name)
    assert (match.state, match.how, match.chosen) == ("review", how, None)
    assert match.candidates


def test_ambiguous_synonym_waits_for_a_person_though_it_is_exact(catalogue):
    match = one("Quercus minor | (Marshall) Sarg.")
    assert (match.state, match.how) == ("review", "ambiguous synonym")


def test_answer_with_issues_waits_for_a_person(catalogue):
    status, answer = catalogue.answer(
        "/dataset/3LR/match/nameusage", {"scientificName": "Quercus robur", "authorship": "L."}
    )
    catalogue.answer = lambda path, p: (
        (status, answer | {"issues": {"issues": ["unparsable authorship"]}})
        if p.get("scientificName") == "Quercus robur" and "id" not in p
        else server.Catalogue.answer(catalogue, path, p)
    )
    assert one("Quercus robur | L.").state == "review"


def test_exact_answer_about_another_name_waits_for_a_person(catalogue):
    catalogue.entries["P1"].name = "Puma concolors"
    _status, answer = catalogue.answer(
        "/dataset/3LR/match/nameusage", {"scientificName": "Puma concolors"}
    )
    answer["type"] = "exact"
    catalogue.answer = lambda path, p: (
        (200, answer)
        if p.get("scientificName") == "Puma concolor"
        else server.Catalogue.answer(catalogue, path, p)
    )
    match = one("Puma concolor | (Linnaeus, 1771)")
    assert (match.state, match.how) == ("review", "similar")


def test_homonyms_are_all_offered_with_their_families(catalogue):
    match = one("Oenanthe")
    assert [(c["authorship"], c["family"]) for c in match.candidates] == [
        ("Vieillot, 1816", "Muscicapidae"),
        ("L.", "Apiaceae"),
    ]


def test_homonyms_that_come_without_classification_are_placed_by_asking(catalogue):
    catalogue.short_alternatives = True
    assert [c["family"] for c in one("Oenanthe").candidates] == ["Muscicapidae", "Apiaceae"]


def test_kingdom_of_the_record_or_collection_tells_homonyms_apart(catalogue):
    assert labels(one("Oenanthe | | Plantae")) == ["Oenanthe L."]
    assert labels(one("Oenanthe", kingdom="Animalia")) == ["Oenanthe Vieillot, 1816"]
    assert one("Oenanthe | L. | Plantae").state == "linked"


def test_name_of_another_code_is_not_offered(catalogue):
    catalogue._within = lambda entry, p: True  # a service that doesn't heed the hint
    match = one("Puma concolor | (Linnaeus, 1771) | ICN")
    assert (match.state, match.candidates) == ("not found", [])


def test_genus_is_never_taken_for_its_species(catalogue):
    match = one("Puma yagouaroundi | Geoffroy")
    assert (match.state, match.how, match.chosen) == ("not found", "higher taxon only", None)
    assert labels(match) == ["Puma Jardine, 1834"]


@pytest.mark.parametrize("name", ["Xyzzy abcde", "Zea unidentified", "Quercus nuda"])
def test_what_is_not_known_is_not_found(catalogue, name):
    match = one(name)
    assert (match.state, match.candidates) == ("not found", [])


@pytest.mark.parametrize(
    "name", ["", "???", "Quercus alba × Quercus robur", "Tobacco mosaic virus"]
)
def test_what_is_no_single_name_is_not_asked(catalogue, name):
    assert one(name).state == "not found"
    assert catalogue.asked == []


def test_name_of_endless_length_is_not_asked(catalogue):
    assert one(f"Quercus {'a' * 5000}").state == "not found"
    assert catalogue.names() == []


# -- Outages ---------------------------------------------------------------------------------------


def test_nobody_is_asked_unless_the_portal_is_set_up(settings, monkeypatch):
    settings.CATALOGUE_OF_LIFE_URL = ""
    monkeypatch.setattr(checklistbank.Session, "get", lambda *rest: pytest.fail("asked"))
    assert not catalogue_of_life.available()
    with pytest.raises(Unavailable, match="not set up"):
        check()
    with pytest.raises(Unavailable, match="not set up"):
        one("Puma concolor")
    assert list(look_up(asked("Puma concolor"), ask=False)) == []


def test_service_in_order_passes_the_check(catalogue):
    check()
    assert catalogue.checks() == 1


def test_dataset_of_one_kingdom_passes_the_check(catalogue):
    for animal in ("S1", "P1"):
        del catalogue.entries[animal]
    check()
    assert catalogue.checks() == 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (server.error(503), "503: There was an error"),
        (server.error(404), "404"),
        (server.dropped, "can't be reached"),
        (server.body(b"<html>"), "isn't JSON"),
        (server.body(b"{}"), "doesn't know the name"),
    ],
)
def test_service_out_of_order_stops_before_the_first_name(catalogue, fault, reason):
    catalogue.faults = [fault] * 20
    with pytest.raises(
        Unavailable, match=rf"can't be asked now. .*{reason}.*What was linked before"
    ):
        one("Puma concolor")
    assert catalogue.names() == []
    assert not Checklist.objects.exists()


def test_service_that_answers_none_to_everything_is_not_believed(catalogue):
    catalogue.knows_nothing = True
    with pytest.raises(Unavailable, match="doesn't know the name"):
        one("Puma concolor")
    assert catalogue.names() == []


def test_every_check_is_a_question_that_no_cache_has_seen(catalogue):
    check()
    check()
    tokens = [p["id"] for path, p in catalogue.matches()]
    assert len(set(tokens)) == 2


def test_outage_in_the_middle_of_a_run_takes_nothing_back_and_keeps_nothing(catalogue, monkeypatch):
    monkeypatch.setattr(catalogue_of_life, "BATCH", 2)
    names = asked("Puma concolor", "Felis concolor", "Quercus robur", "Quercus alba")
    run = look_up(names)
    assert [next(run).key, next(run).key] == [0, 1]
    catalogue.knows_nothing = True
    with pytest.raises(Unavailable, match="doesn't know the name Felis concolor"):
        next(run)
    assert CatalogueAnswer.objects.count() == 2
    catalogue.knows_nothing = False
    catalogue.asked.clear()
    assert [m.state for m in look_up(names)] == ["review"] * 4
    assert catalogue.names() == ["Quercus robur", "Quercus alba"]


def test_name_that_the_service_stumbles_over_is_left_out(catalogue):
    catalogue.faults = [None, None, *[server.error(500)] * 4]
    matches = found("Puma concolor", "Quercus alba")
    assert [m.key for m in matches] == [1]
    assert catalogue.checks() == 2  # it was asked whether the fault is the service's
    assert CatalogueAnswer.objects.count() == 1


def test_service_that_breaks_down_stops_the_run(catalogue):
    catalogue.faults = [None, None, *[server.dropped] * 20]
    with pytest.raises(Unavailable, match="can't be reached"):
        found("Puma concolor", "Quercus alba")


def test_unreadable_answer_leaves_the_name_out(catalogue):
    catalogue.faults = [None, None, server.body(b'{"type": "guess"}')]
    assert [m.key for m in found("Puma concolor", "Quercus alba")] == [1]


# -- What is kept ----------------------------------------------------------------------------------


def test_second_run_asks_nothing(catalogue):
    names = "Puma concolor", "Oenanthe", "Puma yagouaroundi", "Xyzzy abcde", "Quercus robur | L."
    first = found(*names)
    catalogue.asked.clear()
    assert found(*names) == first
    assert list(look_up(asked(*names), ask=False)) == first
    assert catalogue.asked == []


def test_answer_grows_old_and_one_that_found_nothing_sooner(catalogue, monkeypatch):
    names = "Puma concolor", "Xyzzy abcde"
    found(*names)
    catalogue.asked.clear()
    answers = CatalogueAnswer.objects.all()
    answers.update(answered_at=answers[0].answered_at - catalogue_of_life.KEPT_NOT_FOUND)
    found(*names)
    assert catalogue.names() == ["Xyzzy abcde"]
    answers.update(answered_at=answers[0].answered_at - catalogue_of_life.KEPT)
    catalogue.asked.clear()
    found(*names)
    assert catalogue.names() == ["Puma concolor", "Xyzzy abcde"]


def test_new_release_is_asked_anew_and_old_candidates_stay(catalogue):
    old = one("Puma concolor").candidates[0]["usage"]
    catalogue.release = "2026-11-10"
    one("Quercus alba")
    catalogue.asked.clear()
    new = one("Puma concolor").candidates[0]["usage"]
    assert catalogue.names() == ["Puma concolor"]
    assert Usage.objects.filter(pk__in={old, new}).count() == 2
    releases = Checklist.objects.order_by("pk").values_list("release", "state")
    assert list(releases) == [("3LR 2026-10-06", "online"), ("3LR 2026-11-10", "online")]


def test_what_was_asked_can_not_be_put_in_use_as_if_it_were_the_whole_list(catalogue):
    one("Puma concolor")
    catalogue.release = "2026-11-10"
    one("Quercus alba")
    for checklist in Checklist.objects.all():
        with pytest.raises(Refused):
            checklists.put_in_use(checklist)
        assert checklist.counts["rows"] == checklist.usages.count()


def test_release_that_is_not_told_is_the_day_it_was_first_asked(catalogue):
    catalogue.release = ""
    one("Puma concolor")
    one("Quercus alba")
    assert Checklist.objects.get().release.startswith("3LR 20")


def test_what_was_asked_is_never_matched_against_as_if_it_were_the_whole_list(catalogue):
    one("Oenanthe | L. | Plantae")
    (match,) = matching.match(asked("Oenanthe"))
    assert match.state == "not found"


def test_killed_run_goes_on_where_it_was(catalogue, monkeypatch):
    monkeypatch.setattr(catalogue_of_life, "BATCH", 2)
    names = "Puma concolor", "Felis concolor", "Quercus robur", "Quercus alba"

    def kill_after(done):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        found(*names, progress=kill_after)
    catalogue.asked.clear()
    assert [m.key for m in found(*names)] == [0, 1, 2, 3]
    assert catalogue.names() == ["Quercus robur", "Quercus alba"]


def test_usages_are_kept_once_however_often_they_are_met(catalogue):
    found("Puma concolor", "Felis concolor", "Quercus robur", "Quercus alba")
    ids = list(Usage.objects.values_list("source_id", flat=True))
    assert len(ids) == len(set(ids))
    catalogue.entries["P1"].authorship = "(L., 1771)"
    pk = Usage.objects.get(source_id="P1").pk
    one("Felis concolor | | Animalia")
    assert Usage.objects.get(source_id="P1").pk == pk
    assert Usage.objects.get(source_id="P1").authorship == "(L., 1771)"


def test_same_question_of_two_names_is_asked_once(catalogue):
    assert len(found("Puma concolor", "Puma  concolor", "Puma concolor")) == 3
    assert catalogue.names() == ["Puma concolor"]


def test_progress_is_told_of_each_name(catalogue):
    told = []
    found("Puma concolor", "Quercus alba", "", progress=told.append)
    assert told == [0, 1, 3]


# -- Adopting --------------------------------------------------------------------------------------


def adopted(match):
    complete([match.chosen["usage"]])
    taxa = adopting.adopt(make.change_set(kind="cleaning"), [match.chosen["usage"]])
    return Taxon.objects.get(pk=taxa[match.chosen["usage"]])


def test_adopted_synonym_brings_its_accepted_name_and_all_above_it(catalogue):
    synonym = adopted(one("Felis concolor | Linnaeus, 1771"))
    accepted = synonym.accepted
    assert str(accepted) == "Puma concolor (Linnaeus, 1771)"
    above, taxon = [], accepted
    while taxon := taxon.parent:
        above.append(taxon.scientific_name)
    assert above == ["Puma", "Felidae", "Chordata", "Animalia", "Eukaryota"]
    assert (accepted.kingdom, accepted.family) == ("Animalia", "Felidae")
    assert accepted.source_id == "P1"


def test_adopted_name_brings_synonyms_and_vernacular_names(catalogue):
    taxon = adopted(one("Puma concolor | (Linnaeus, 1771)"))
    assert [s.scientific_name for s in taxon.synonyms.all()] == ["Felis concolor"]
    names = taxon.vernacular_names.values_list("name", "language")
    assert set(names) == {("Cougar", "eng"), ("Puma", "")}


def test_extras_are_fetched_once(catalogue):
    match = one("Puma concolor | (Linnaeus, 1771)")
    complete([match.chosen["usage"]])
    catalogue.asked.clear()
    complete([match.chosen["usage"]])
    assert catalogue.asked == []
    assert UsageVernacular.objects.count() == 2


def test_extras_that_fail_do_no_harm(catalogue):
    match = one("Puma concolor | (Linnaeus, 1771)")
    catalogue.faults = [server.error(500)] * 100
    assert str(adopted(match)) == "Puma concolor (Linnaeus, 1771)"


def test_extras_are_given_up_when_the_service_is_gone(catalogue):
    matches = found("Oenanthe", "Quercus robur", "Quercus alba", "Puma concolor", "Quercus")
    catalogue.asked.clear()
    catalogue.faults = [server.error(400)] * 100
    complete([c["usage"] for m in matches for c in m.candidates])
    assert len(catalogue.asked) == catalogue_of_life.MOST_FAILURES


def test_usage_of_a_local_checklist_has_no_extras(catalogue):
    local = Checklist.objects.create(source="Local", state="current")
    usage = Usage.objects.create(checklist=local, source_id="1", rank="species", status="accepted")
    complete([usage.pk])
    assert catalogue.asked == []


# -- Beside the local checklists -------------------------------------------------------------------


def linked(*names, **options):
    """Link names as a run does that had asked before; return the Name rows in their order."""
    rows = [Name.objects.create(scientific_name=a[1], authorship=a[2]) for a in asked(*names)]
    everything = Name.objects.filter(pk__in=[row.pk for row in rows])
    matching.link(
        everything,
        make.change_set(kind="cleaning"),
        further=lambda left: look_up(left, ask=False),
        **options,
    )
    return list(everything.order_by("pk"))


def test_name_that_no_local_checklist_has_is_linked_and_adopted(catalogue):
    found("Felis concolor | Linnaeus, 1771")
    (name,) = linked("Felis concolor | Linnaeus, 1771")
    assert (name.state, name.evidence) == ("linked", "synonym")
    assert str(name.taxon.accepted) == "Puma concolor (Linnaeus, 1771)"


def test_name_only_its_genus_of_which_is_known_stays_unfound_with_the_genus_beside_it(catalogue):
    found("Puma yagouaroundi", "Xyzzy abcde")
    puma, xyzzy = linked("Puma yagouaroundi", "Xyzzy abcde")
    assert (puma.state, puma.evidence) == ("not found", "higher taxon only")
    assert [c["name"] for c in puma.candidates] == ["Puma"]
    assert (xyzzy.state, xyzzy.candidates) == ("not found", [])


def local(name, authorship, kingdom=""):
    checklist, _made = Checklist.objects.get_or_create(source="Local", state="current")
    key = canonical_key(name)
    return Usage.objects.create(
        checklist=checklist,
        source_id=f"{name} {authorship}",
        scientific_name=name,
        authorship=authorship,
        rank="species",
        status="accepted",
        kingdom=kingdom,
        canonical_key=key,
        variant_key=variant_key(key),
        authorship_key=authorship_key(authorship),
    )


def test_what_the_local_checklist_leaves_open_by_its_spelling_is_not_settled_online(catalogue):
    local("Quercus robur", "Mill.")
    found("Quercus robur | L.")
    (name,) = linked("Quercus robur | L.")
    assert (name.state, name.evidence) == ("review", "author differs")
    assert [c["authorship"] for c in name.candidates] == ["Mill.", "L."]


def test_name_found_online_goes_before_local_ones_that_are_only_similar(catalogue):
    local("Quercus roburs", "Mill.", "Plantae")
    found("Quercus robur", "Quercus alba | L.")
    robur, alba = linked("Quercus robur", "Quercus alba | L.")
    assert (robur.state, robur.evidence) == ("review", "no author to tell by")
    assert [c["name"] for c in robur.candidates] == ["Quercus robur", "Quercus roburs"]
    assert alba.state == "linked"


def test_same_candidate_of_two_sources_is_offered_once(catalogue):
    local("Quercus roburs", "L.", "Plantae")
    catalogue.entries["Q9"] = server.Entry(
        "Q9", "Quercus roburs", "L.", "species", "accepted", "QU"
    )
    found("Quercus roburs | Lam.")
    (name,) = linked("Quercus roburs | Lam.")
    assert [c["source"] for c in name.candidates] == ["Local"]


# -- Is it well? -----------------------------------------------------------------------------------


def test_command_says_that_the_service_is_in_order(catalogue, capsys):
    call_command("check_catalogue")
    said = capsys.readouterr().out
    assert "Release: 3LR 2026-10-06" in said
    assert "Felis concolor: synonym of Puma concolor (Linnaeus, 1771)" in said
    assert "The service answers as expected." in said


def test_command_says_what_is_wrong(catalogue, settings):
    catalogue.knows_nothing = True
    with pytest.raises(CommandError, match="doesn't know the name"):
        call_command("check_catalogue")
    settings.CATALOGUE_OF_LIFE_URL = ""
    with pytest.raises(CommandError, match="not set up"):
        call_command("check_catalogue")


def test_command_is_not_content_with_a_service_that_finds_everything(catalogue):
    catalogue.entries["XX"] = server.Entry("XX", "Xyzzy abcde", "", "species", "accepted", "PU")
    with pytest.raises(CommandError, match="finds Xyzzy abcde"):
        call_command("check_catalogue")
