"""A checklist comes in whole: every row is a name of it or is listed with the reason."""

import io
import json
import threading
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection

from journal.jobs import Refused
from taxonomy import checklists
from taxonomy.models import BlockedUsage, Checklist, Usage, UsageVernacular

pytestmark = pytest.mark.django_db

OAKS = """taxonID,parentID,acceptedNameUsageID,scientificName,authorship,taxonRank
k,,,Plantae,,kingdom
f,k,,Fagaceae,Dumort.,family
g,f,,Quercus,L.,genus
alba,g,,Quercus alba,L.,species
candida,,alba,Quercus candida,Steud.,species
"""


@pytest.fixture(autouse=True)
def private_files(settings, tmp_path):
    """Keep what is uploaded here out of the site's own folder."""
    settings.MEDIA_ROOT = tmp_path


def loaded(content, source="Oaks", filename="oaks.csv", kingdom="", release=""):
    """Load a file's text or bytes, put it in use, and return the checklist."""
    data = content.encode() if isinstance(content, str) else content
    made = checklists.receive(ContentFile(data), filename, source, None, kingdom, release)
    checklists.load(made)
    checklists.put_in_use(made)
    return made


def packed(**files):
    """Return a zip of these files; a name's double underscore is its dot."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return buffer.getvalue()


def blocked(checklist):
    return {row.source_id: row.code for row in BlockedUsage.objects.filter(checklist=checklist)}


def usage(checklist, source_id):
    return Usage.objects.get(checklist=checklist, source_id=source_id)


def adds_up(checklist):
    counts = checklist.counts
    return counts["rows"] == sum(
        counts[word] for word in ("created", "updated", "unchanged", "blocked")
    )


def test_a_table_is_loaded_and_put_in_use():
    oaks = loaded(OAKS)
    assert oaks.state == Checklist.State.CURRENT
    assert oaks.counts["rows"] == oaks.counts["created"] == 5
    alba = usage(oaks, "alba")
    assert (alba.scientific_name, alba.authorship, alba.rank) == ("Quercus alba", "L.", "species")
    assert (alba.parent_source_id, alba.status) == ("g", "accepted")
    assert usage(oaks, "candida").accepted_source_id == "alba"


def test_kingdom_and_family_come_down_the_tree_to_synonyms_too():
    oaks = loaded(OAKS)
    for source_id in ("alba", "candida"):
        assert (usage(oaks, source_id).kingdom, usage(oaks, source_id).family) == (
            "Plantae",
            "Fagaceae",
        )
    assert usage(oaks, "k").family == ""


def test_the_kingdom_asked_for_stands_where_none_is_stated():
    oaks = loaded("taxonID,scientificName,taxonRank\n1,Quercus,genus\n", kingdom="Plantae")
    assert usage(oaks, "1").kingdom == "Plantae"


def test_bad_rows_are_listed_with_their_reason_and_the_rest_loads():
    bad = OAKS + (
        "orphan,nowhere,,Quercus orphana,L.,species\n"
        "odd,g,,Quercus odda,L.,sprecies\n"
        "alba,g,,Quercus alba again,L.,species\n"
        "none,g,,,,species\n"
        "round,circle,,Aus,L.,genus\n"
        "circle,round,,Bus,L.,genus\n"
        "lost,,nobody,Quercus lostia,L.,species\n"
        "chain,,candida,Quercus chainia,L.,species\n"
    )
    oaks = loaded(bad)
    assert blocked(oaks) == {
        "orphan": "parent-missing",
        "odd": "unknown-rank",
        "alba": "duplicate-id",
        "none": "no-name",
        "round": "cycle",
        "circle": "cycle",
        "lost": "accepted-missing",
        "chain": "accepted-is-synonym",
    }
    assert oaks.counts["created"] == 5
    assert oaks.counts["blocked"] == 8 == sum(oaks.counts["blocked_by"].values())
    assert adds_up(oaks)
    orphan = BlockedUsage.objects.get(checklist=oaks, source_id="orphan")
    assert (orphan.line, orphan.value, orphan.text) == (7, "nowhere", "Quercus orphana L.")


def test_what_stood_under_a_bad_row_hangs_one_step_higher():
    text = OAKS + "s,g,,Quercus sect. Albae,,sektion\nunder,s,,Quercus undera,L.,species\n"
    oaks = loaded(text)
    assert blocked(oaks) == {"s": "unknown-rank"}
    assert usage(oaks, "under").parent_source_id == "g"
    assert oaks.counts["issues"]["PARENT_PASSED_OVER"] == 1


def test_what_hangs_off_a_circle_is_taken():
    text = (
        OAKS + "a,b,,Aus,,genus\nb,a,,Bus,,genus\nc,b,,Bus cus,,species\nd,c,,Bus cus d,,variety\n"
    )
    oaks = loaded(text)
    assert blocked(oaks) == {"a": "cycle", "b": "cycle"}
    assert usage(oaks, "c").parent_source_id == ""
    assert usage(oaks, "d").parent_source_id == "c"


def test_a_line_deeper_than_any_tree_ends_where_it_is_too_deep():
    line = "".join(f"d{n},{f'd{n - 1}' if n else 'g'},,Deepus d{n},,unranked\n" for n in range(150))
    oaks = loaded(OAKS + line)
    found = blocked(oaks)
    assert set(found.values()) == {"too-deep"} and adds_up(oaks)
    assert 45 < len(found) < 60
    assert "d149" in found and "d80" not in found


def test_a_name_that_is_its_own_parent_is_a_root():
    oaks = loaded(OAKS.replace("k,,,Plantae", "k,k,,Plantae"))
    assert usage(oaks, "k").parent_source_id == ""
    assert oaks.counts["blocked"] == 0


def test_a_parent_that_is_a_synonym_stands_for_its_accepted_name():
    oaks = loaded(OAKS + "v,candida,,Quercus alba var. minor,Sudw.,variety\n")
    assert usage(oaks, "v").parent_source_id == "alba"


def test_parents_and_accepted_names_may_be_given_by_name():
    text = (
        "scientificName,scientificNameAuthorship,taxonRank,parentNameUsage,acceptedNameUsage\n"
        "Fagaceae,Dumort.,family,,\n"
        "Quercus,L.,genus,Fagaceae Dumort.,\n"
        "Quercus alba,L.,species,Quercus,\n"
        "Quercus candida,Steud.,species,,Quercus alba L.\n"
        "Quercus nuda,Steud.,species,,Quercus nobilis\n"
    )
    oaks = loaded(text)
    assert usage(oaks, "Quercus alba L.").family == "Fagaceae"
    assert usage(oaks, "Quercus candida Steud.").accepted_source_id == "Quercus alba L."
    assert blocked(oaks) == {"Quercus nuda Steud.": "accepted-missing"}


def test_a_homonym_is_not_guessed_as_parent():
    text = (
        "taxonID,scientificName,scientificNameAuthorship,taxonRank,parentNameUsage\n"
        "1,Oenanthe,L.,genus,\n2,Oenanthe,Vieillot,genus,\n"
        "3,Oenanthe crocata,L.,species,Oenanthe\n4,Oenanthe isabellina,,species,Oenanthe Vieillot\n"
    )
    both = loaded(text)
    assert blocked(both) == {"3": "parent-missing"}
    assert usage(both, "4").parent_source_id == "2"


def test_columns_of_higher_taxa_become_parents():
    text = (
        "taxonID,scientificName,taxonRank,kingdom,order,family,genus\n"
        "1,Quercus alba,species,Plantae,Fagales,Fagaceae,Quercus\n"
        "2,Quercus rubra,species,Plantae,Fagales,Fagaceae,Quercus\n"
        "3,Fagaceae,family,Plantae,Fagales,Fagaceae,\n"
    )
    flat = loaded(text)
    assert flat.counts["created"] == 3
    assert flat.counts["implied"] == 3  # kingdom, order, genus: the family stands in the file
    genus = usage(flat, usage(flat, "1").parent_source_id)
    assert (genus.scientific_name, genus.rank) == ("Quercus", "genus")
    assert genus.parent_source_id == "3"
    assert usage(flat, "2").parent_source_id == genus.source_id
    assert usage(flat, "2").family == "Fagaceae"


def test_the_columns_of_symbiotas_loader_are_understood():
    text = (
        "sciNameInput,author,rankId,parentStr,acceptedStr,acceptance,kingdom,family,"
        "unacceptabilityReason,notes,vernacular,vernLang\n"
        "Quercus alba,L.,220,,,1,Plantae,Fagaceae,,in woods,white oak,English\n"
        "Quercus candida,Steud.,220,,Quercus alba,0,Plantae,Fagaceae,superfluous,,,\n"
    )
    oaks = loaded(text)
    candida = usage(oaks, "Quercus candida Steud.")
    assert (candida.status, candida.accepted_source_id) == ("synonym", "Quercus alba L.")
    assert candida.remarks == "superfluous"
    assert usage(oaks, "Quercus alba L.").rank == "species"
    [common] = UsageVernacular.objects.filter(checklist=oaks)
    assert (common.source_id, common.name, common.language) == (
        "Quercus alba L.",
        "white oak",
        "en",
    )


def test_a_data_package_of_name_usages_names_the_accepted_one_as_parent():
    package = packed(
        NameUsage__tsv=(
            "col:ID\tcol:parentID\tcol:status\tcol:rank\tcol:scientificName\tcol:authorship\n"
            "1\t\taccepted\tgenus\tQuercus\tL.\n"
            "2\t1\tprovisionally accepted\tspecies\tQuercus alba\tL.\n"
            "3\t2\tsynonym\tspecies\tQuercus candida\tSteud.\n"
            "4\t2\tmisapplied\tspecies\tQuercus bicolor\tauct.\n"
        ),
        VernacularName__tsv="taxonID\tname\tlanguage\n2\twhite oak\teng\n9\tnobody\teng\n",
    )
    oaks = loaded(package, filename="oaks.zip")
    assert usage(oaks, "2").status == "provisionally accepted"
    assert usage(oaks, "3").accepted_source_id == "2"
    assert usage(oaks, "4").status == "misapplied"
    assert oaks.counts["vernaculars"] == 1
    assert oaks.counts["issues"]["VERNACULAR_WITHOUT_NAME"] == 1


def test_a_data_package_of_names_taxa_and_synonyms_is_joined():
    package = packed(
        Name__csv=(
            "ID,scientificName,authorship,rank\nn1,Quercus,L.,genus\nn2,Quercus alba,L.,species\n"
            "n3,Quercus candida,Steud.,species\nn4,Quercus bare,L.,species\n"
        ),
        Taxon__csv="ID,nameID,parentID,provisional\nt1,n1,,false\nt2,n2,t1,true\nt3,gone,t1,\n",
        Synonym__csv="taxonID,nameID,status\nt2,n3,synonym\n",
    )
    oaks = loaded(package, filename="oaks.zip")
    assert usage(oaks, "t2").scientific_name == "Quercus alba"
    assert usage(oaks, "t2").status == "provisionally accepted"
    [synonym] = Usage.objects.filter(checklist=oaks, accepted_source_id="t2")
    assert synonym.scientific_name == "Quercus candida"
    assert blocked(oaks) == {"t3": "name-missing", "n4": "no-place"}
    assert adds_up(oaks)


META = """<archive xmlns="http://rs.tdwg.org/dwc/text/"><core rowType="http://rs.tdwg.org/dwc/terms/Taxon"
 fieldsTerminatedBy="," ignoreHeaderLines="1"><files><location>taxon.csv</location></files>
 <id index="0"/><field index="1" term="http://rs.tdwg.org/dwc/terms/scientificName"/>
 <field index="2" term="http://rs.tdwg.org/dwc/terms/taxonRank"/></core>
 <extension rowType="http://rs.gbif.org/terms/1.0/VernacularName" fieldsTerminatedBy=","
 ignoreHeaderLines="1"><files><location>vernacular.csv</location></files><coreid index="0"/>
 <field index="1" term="http://rs.tdwg.org/dwc/terms/vernacularName"/></extension></archive>"""
TAXA = "id,name,rank\n1,Quercus alba L.,species\n"


def test_an_archive_brings_common_names_and_authors_from_names():
    archive = packed(meta__xml=META, taxon__csv=TAXA, vernacular__csv="id,name\n1,white oak\n")
    oaks = loaded(archive, filename="oaks.zip")
    assert usage(oaks, "1").authorship == "L."
    assert oaks.counts["vernaculars"] == 1


def test_a_missing_extension_file_is_an_issue_and_no_refusal():
    oaks = loaded(packed(meta__xml=META, taxon__csv=TAXA), filename="oaks.zip")
    assert oaks.counts["created"] == 1
    assert oaks.counts["issues"]["EXTENSION_FILE_MISSING"] == 1


def test_an_archive_of_records_is_refused_and_leaves_the_release_in_use():
    oaks = loaded(OAKS)
    records = packed(meta__xml=META.replace("terms/Taxon", "terms/Occurrence"), taxon__csv=TAXA)
    made = checklists.receive(ContentFile(records), "records.zip", "Oaks", None)
    with pytest.raises(Refused, match="not Taxon"):
        checklists.load(made)
    made.refresh_from_db()
    assert (made.state, checklists.current("Oaks")) == (Checklist.State.FAILED, oaks)


def test_a_new_release_replaces_the_old_wholesale_and_counts_what_differs():
    first = loaded(OAKS, release="1")
    second = loaded(
        OAKS.replace("Dumort.", "Dumortier") + "rubra,g,,Quercus rubra,L.,species\n", release="2"
    )
    first.refresh_from_db()
    assert first.state == Checklist.State.REPLACED
    counts = second.counts
    assert (counts["created"], counts["updated"], counts["unchanged"]) == (1, 1, 4)
    assert adds_up(second)


def test_the_replaced_release_can_be_put_in_use_again_and_older_ones_are_emptied():
    first, second, third = (loaded(OAKS, release=str(number)) for number in (1, 2, 3))
    for checklist in (first, second):
        checklist.refresh_from_db()
    assert not Usage.objects.filter(checklist=first).exists()
    with pytest.raises(Refused):
        checklists.put_in_use(first)
    checklists.put_in_use(second)
    assert checklists.current("Oaks") == second
    with pytest.raises(Refused, match="in use"):
        checklists.discard(second)
    checklists.discard(third)
    assert not Usage.objects.filter(checklist=third).exists()


def test_loading_again_after_a_crash_starts_from_the_beginning(monkeypatch):
    made = checklists.receive(ContentFile(OAKS.encode()), "oaks.csv", "Oaks", None)

    def die(*_arguments):
        raise RuntimeError("killed")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(checklists, "_compared", die)
        checklists.load(made)
    made.refresh_from_db()
    assert made.state == Checklist.State.LOADING
    assert not Usage.objects.filter(checklist=made).exists()
    checklists.load(made)
    assert made.counts["created"] == 5
    assert checklists.load(made)["created"] == Usage.objects.filter(checklist=made).count() == 5


@pytest.mark.django_db(transaction=True)
def test_two_people_who_load_the_same_source_at_once_wait_for_each_other():
    made = [
        checklists.receive(ContentFile(OAKS.encode()), "oaks.csv", "Oaks", None) for _ in range(3)
    ]
    faults = []

    def load(checklist):
        try:
            with checklists.alone_with(checklist.source):
                checklists.load(checklist)
                checklists.put_in_use(checklist)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=load, args=[each]) for each in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert Checklist.objects.filter(source="Oaks", state="current").count() == 1
    current = checklists.current("Oaks")
    assert current.usages.count() == 5
    firsts = [Checklist.objects.get(pk=each.pk).counts["created"] for each in made]
    assert sorted(firsts) == [0, 0, 5]


def test_hostile_cells_stay_bounded():
    text = (
        "taxonID,scientificName,scientificNameAuthorship,taxonRank\n"
        f"1,{'A' * 5000},L.,species\n{'9' * 5000},Aus bus,L.,species\n"
        f"3,Aus cus,{'x' * 5000},species\n"
        '4,"=HYPERLINK(1)",L.,species\n'
    )
    odd = loaded(text)
    assert set(blocked(odd).values()) == {"name-too-long", "id-too-long"}
    assert len(usage(odd, "3").authorship) == 250
    assert odd.counts["issues"]["AUTHORSHIP_CUT"] == 1


def test_the_command_prints_counts_that_add_up(tmp_path, capsys):
    path = tmp_path / "oaks.csv"
    path.write_text(OAKS)
    call_command("load_checklist", str(path), "--source", "Oaks", "--kingdom", "Plantae", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == told["created"] == 5
    assert (told["blocked"], told["state"]) == (0, "current")
    assert told["seconds"] > 0
    call_command("load_checklist", str(path), "--source", "Oaks", "--wait-for-decision")
    assert "unchanged 5" in capsys.readouterr().out
    assert Checklist.objects.filter(state="ready").count() == 1


def test_the_command_refuses_with_one_line(tmp_path):
    with pytest.raises(CommandError, match=r"nothing\.csv"):
        call_command("load_checklist", str(tmp_path / "nothing.csv"), "--source", "Oaks")


def test_a_file_without_a_name_replaces_no_list(tmp_path, capsys):
    standing = loaded(OAKS)
    path = tmp_path / "specimens.csv"
    path.write_text("catalogNumber,locality\n1,Cerro\n2,Cerro\n")
    call_command("load_checklist", str(path), "--source", "Oaks", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["blocked"], told["state"]) == (2, 2, "ready")
    assert checklists.current("Oaks") == standing
    with pytest.raises(Refused, match="No name"):
        checklists.put_in_use(Checklist.objects.get(guid=told["checklist"]))
    call_command("load_checklist", str(path), "--source", "Oaks")
    assert "nothing was put in use" in capsys.readouterr().out


def test_the_command_tells_issues_in_words(tmp_path, capsys):
    path = tmp_path / "oaks.csv"
    path.write_text(OAKS.replace("g,f,,Q", "g,g,,Q"))
    call_command("load_checklist", str(path), "--source", "Oaks")
    assert "their own parent; taken as roots: 1" in capsys.readouterr().out


def test_a_table_of_records_is_refused_in_words():
    text = "taxonID,catalogNumber,recordedBy,scientificName\n1,H-1,Gómez,Quercus alba\n"
    with pytest.raises(Refused, match="a table of records"):
        loaded(text)
