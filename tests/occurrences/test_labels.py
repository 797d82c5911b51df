"""Labels say what the record says, as often as it asks for, and what doesn't fit is told before."""

import csv
import io
import re
from dataclasses import replace

import pypdfium2
import pytest
import qrcode
import qrcode.util
from django.conf import settings
from django.core.management import call_command
from PIL import Image

from biocollections.models import Grant
from journal import jobs, undo
from occurrences import label_pdf, labels
from occurrences.label_design import BUILT_IN, HERBARIUM, PIN, Design, Item
from occurrences.label_text import compose
from occurrences.models import (
    LabelKind,
    LabelPrinted,
    LabelProfile,
    LabelRun,
    QueuedAnnotation,
)
from tests import canary, make

pytestmark = pytest.mark.django_db

SHEET = {
    "scientific_name": "Quercus emoryi",
    "scientific_name_authorship": "Żył. & Öst.",
    "family": "Fagaceae",
    "country": "Mexico",
    "state_province": "Sonora",
    "locality": "Cañón del Púlpito × Белая; αβγ 12′30″ ♀",
    "decimal_latitude": "31.0210",
    "decimal_longitude": "-108.9500",
    "geodetic_datum": "WGS84",
    "minimum_elevation_in_meters": "1200",
    "habitat": "oak woodland",
    "recorded_by": "L. Gómez",
    "record_number": "412",
    "event_date": "1932-07-14",
    "identified_by": "C. H. Muller",
    "date_identified": "1940",
    "catalog_number": "H-1",
}


@pytest.fixture(autouse=True)
def asleep(monkeypatch):
    """Jobs wait until a test does them."""
    monkeypatch.setattr(jobs, "wake", lambda job: None)


def run_of(user, *records, design=None, kind=LabelKind.SPECIMEN):
    run = labels.begin(user, kind, "", [str(each.guid) for each in records])
    if design:
        run.design = design.to_json()
        run.save()
    return run


def text_of(pdf):
    """Return all text of a PDF, blanks as single spaces."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    return re.sub(r"\s+", " ", " ".join(pages))


def number_of_labels(run):
    return sum(text.copies for text in labels.texts(run, Design.from_json(run.design)))


def test_dupe_counts_1_3_and_blank_make_five_labels(herbarium, editor):
    rows = [
        {"duplicate_quantity": many, "catalog_number": f"C-{many}"} for many in ("1", "3", None)
    ]
    run = run_of(editor, *make.occurrences(herbarium, rows))
    said = text_of(labels.pdf(run)[0])
    assert number_of_labels(run) == 5
    assert said.count("Quercus emoryi") == 5


@pytest.mark.parametrize("key", BUILT_IN)
def test_the_text_of_the_pdf_is_the_records_text(key, herbarium, editor):
    kind, design = BUILT_IN[key][1:]
    record = make.occurrence(herbarium, **SHEET)
    chosen = record if kind == "specimen" else record.identifications.get()
    run = run_of(editor, chosen, design=design, kind=kind)
    said = text_of(labels.pdf(run)[0])
    stands = {c for item in design.items for c in Design(items=(item,)).columns()}
    shown = {"event_date": "14.vii.1932" if key == "pin" else "14 Jul 1932"}
    if key == "pin":
        shown |= {"decimal_latitude": "31°01′15.6″", "decimal_longitude": "108°57′00.0″"}
    texts = {**SHEET, "decimal_longitude": "108.9500", **shown}
    asked = {item.field for item in design.items}
    name = {"scientific_name", "scientific_name_authorship"}
    expected = stands - (name if "name" not in asked else set())
    expected -= {"catalog_number"} if "catalog_number" not in asked else set()
    left = {c: texts[c] for c in expected & texts.keys() if texts[c] not in said}
    assert not left
    assert expected & texts.keys()


def test_a_long_locality_is_listed_before_printing_and_printed_whole(herbarium, editor):
    locality = " ".join(f"word{number:03d}" for number in range(75))
    record = make.occurrence(herbarium, **{**SHEET, "locality": locality})
    run = run_of(editor, record, design=HERBARIUM)
    pdf, problems = labels.pdf(run)
    assert len(locality) >= 599
    assert [(each.guid, each.field, each.how) for each in problems] == [
        (str(record.guid), "locality", "higher")
    ]
    assert locality in text_of(pdf)


def test_letters_become_smaller_on_wish_and_no_smaller_than_the_limit(herbarium, editor):
    record = make.occurrence(herbarium, **{**SHEET, "locality": "some words " * 70})
    _pdf, problems = labels.pdf(run_of(editor, record, design=replace(HERBARIUM, shrink=True)))
    assert [(each.how, 70 <= each.percent < 100) for each in problems] == [("shrunk", True)]
    endless = make.occurrence(herbarium, **{**SHEET, "locality": "some words " * 2000})
    _pdf, problems = labels.pdf(run_of(editor, endless, design=replace(HERBARIUM, shrink=True)))
    assert [each.how for each in problems] == ["left out"]


def test_letters_the_font_lacks_are_told(herbarium, editor):
    record = make.occurrence(herbarium, **{**SHEET, "locality": "昆明 near the road"})
    _pdf, problems = labels.pdf(run_of(editor, record, design=HERBARIUM))
    assert [(each.how, each.letters) for each in problems] == [("letters", "昆明")]


@pytest.mark.parametrize(
    "text",
    [
        "São Tomé, Łódź, Ağrı, Đà Nẵng, Þingvellir, Ñuñoa, Brașov, 12′30″ ± 5 m, × ½ ≤ 3 µm",
        "Щёлково, Київ, Ђорђе",
        "Θεσσαλονίκη, Άγιος",
        "Oʻahu, ǀAi-ǀAis, non\N{NON-BREAKING HYPHEN}breaking, ♂ and ♀",
    ],
)
def test_the_letters_of_the_field_are_set(text, herbarium, editor):
    record = make.occurrence(herbarium, **{**SHEET, "locality": text})
    pdf, problems = labels.pdf(run_of(editor, record, design=HERBARIUM))
    assert problems == []
    assert text in text_of(pdf)


def test_an_accent_beside_its_letter_is_set_as_one(herbarium, editor):
    record = make.occurrence(herbarium, **{**SHEET, "locality": "Ca\u0308rlsbo\u030b"})
    pdf, problems = labels.pdf(run_of(editor, record, design=HERBARIUM))
    assert problems == []
    assert "Cärlsbő" in text_of(pdf)


@pytest.mark.parametrize("text", ["القاهرة", "ירושלים", "กรุงเทพ", "Ḥumaymah"])
@pytest.mark.parametrize("field", ["locality", "recorded_by"])
def test_letters_that_cannot_be_set_are_told_wherever_they_stand(text, field, herbarium, editor):
    record = make.occurrence(herbarium, **{**SHEET, field: text})
    _pdf, problems = labels.pdf(run_of(editor, record, design=HERBARIUM))
    assert [each.how for each in problems] == ["letters"]
    assert set(problems[0].letters) <= set(text)


def test_letters_of_the_footer_are_told_too(herbarium, editor):
    design = replace(HERBARIUM, footer="植物标本馆")
    _pdf, problems = labels.pdf(run_of(editor, make.occurrence(herbarium, **SHEET), design=design))
    assert {each.letters for each in problems} == {"".join(sorted("植物标本馆"))}


@pytest.mark.parametrize("code", ["code128", "qr"])
def test_a_code_takes_its_room(code, herbarium, editor):
    record = make.occurrence(herbarium, **SHEET)
    design = replace(HERBARIUM, code=code, code_of="guid" if code == "qr" else "catalog_number")
    assert labels.pdf(run_of(editor, record, design=design))[1] == []


@pytest.mark.parametrize(("form", "told"), [("2", []), ("4", ["code"])])
def test_a_code_that_no_scanner_reads_is_told(form, told, herbarium, editor):
    record = make.occurrence(herbarium, **SHEET)
    design = replace(HERBARIUM, code="code128", code_of="guid", form=form, height=0.0)
    _pdf, problems = labels.pdf(run_of(editor, record, design=design))
    assert [each.how for each in problems] == told


def test_a_number_that_no_barcode_holds_is_told(herbarium, editor):
    record = make.occurrence(herbarium, **{**SHEET, "catalog_number": "Ñ-1"})
    for code, told in (("code128", ["code"]), ("qr", [])):
        _pdf, problems = labels.pdf(run_of(editor, record, design=replace(HERBARIUM, code=code)))
        assert [each.how for each in problems] == told


def test_names_are_set_as_botanists_write_them():
    def name(**values):
        line = compose("", values, Design(items=(Item("name"),))).lines[0]
        return [(run.text.strip(), "i" in run.face) for run in line.runs if run.text.strip()]

    assert name(scientific_name="Quercus emoryi", identification_qualifier="cf.") == [
        ("Quercus", True),
        ("cf.", False),
        ("emoryi", True),
    ]
    assert name(scientific_name="Quercus rubra var. ambigua", scientific_name_authorship="L.") == [
        ("Quercus rubra", True),
        ("var.", False),
        ("ambigua", True),
        ("L.", False),
    ]
    assert name(scientific_name="Fagaceae") == [("Fagaceae", False)]
    assert name(scientific_name="Quercus sp.") == [("Quercus", True), ("sp.", False)]


def test_who_may_not_read_the_place_gets_the_redacted_label(canaries, reader, stranger):
    def said(user):
        return text_of(labels.pdf(run_of(user, canaries.place, design=HERBARIUM))[0])

    told = said(reader)
    assert f"{canary.WORD} locality" in told
    assert "not for publication" in told
    redacted = said(stranger)
    assert canary.leaks(redacted, stranger, canaries) == set()
    assert "place withheld" in redacted


def test_who_loses_the_right_no_longer_gets_the_file(canaries, reader):
    run = run_of(reader, canaries.place, design=HERBARIUM)
    jobs.run_here(labels.JOB, run.guid, reader)
    run = LabelRun.objects.get(pk=run.pk)
    assert labels.is_ready(run)
    Grant.objects.filter(user=reader).delete()
    assert not labels.is_ready(LabelRun.objects.get(pk=run.pk))


def test_many_labels_are_a_job(herbarium, editor):
    made = make.occurrences(herbarium, [{"catalog_number": f"N-{n:03d}"} for n in range(60)])
    run = run_of(editor, *made, design=HERBARIUM)
    job = jobs.run_here(labels.JOB, run.guid, editor)
    assert job.state == "done", job.error
    run.refresh_from_db()
    assert run.labels == 60
    with run.file.open("rb") as file:
        assert text_of(file.read()).count("Quercus emoryi") == 60


def test_printing_keeps_the_date_and_clears_the_project_on_wish(herbarium, editor):
    record = make.occurrence(herbarium, label_project="Sonora 2026", duplicate_quantity="2")
    run = run_of(editor, record)
    assert labels.printed(run) == []
    record.refresh_from_db()
    assert record.label_project == "Sonora 2026"
    (change_set,) = labels.printed(run, clear=True)
    record.refresh_from_db()
    assert record.label_project is None
    assert [each.copies for each in LabelPrinted.objects.filter(record_guid=record.guid)] == [2, 2]
    undo.undo(change_set, editor)
    record.refresh_from_db()
    assert record.label_project == "Sonora 2026"


def test_a_project_finds_protected_records_too(herbarium, editor):
    make.occurrence(herbarium, label_project="Cacti")
    make.occurrence(herbarium, label_project="Cacti", record_security=1)
    assert len(labels.of_project(editor, herbarium, "Cacti")) == 2


def test_nobody_clears_the_project_of_records_he_may_not_edit(herbarium, stranger):
    record = make.occurrence(herbarium, label_project="Sonora 2026")
    assert labels.printed(run_of(stranger, record), clear=True) == []
    record.refresh_from_db()
    assert record.label_project == "Sonora 2026"


def test_annotation_labels_leave_the_queue_when_they_are_printed(herbarium, editor, stranger):
    record = make.occurrence(herbarium, **SHEET)
    determination = record.identifications.get()
    QueuedAnnotation.objects.create(identification=determination.guid, user=editor)
    assert labels.queued(editor).count() == 1
    assert labels.queued(stranger).count() == 0
    run = run_of(editor, determination, kind=LabelKind.ANNOTATION)
    said = text_of(labels.pdf(run)[0])
    assert "Quercus emoryi Żył. & Öst." in said
    assert "Det. C. H. Muller, 1940" in said
    assert "Coll. L. Gómez 412" in said
    labels.printed(run)
    assert labels.queued(editor).count() == 0


def test_the_table_holds_what_stands_on_the_labels(herbarium, editor):
    run = run_of(editor, make.occurrence(herbarium, **SHEET), design=PIN)
    rows = list(csv.DictReader(io.StringIO("".join(labels.table(run)).removeprefix("\ufeff"))))
    assert [row["Collector and number"] for row in rows] == ["L. Gómez 412"]
    assert [row["Labels"] for row in rows] == ["1"]


def test_the_next_labels_look_like_the_last_ones(herbarium, editor):
    record = make.occurrence(herbarium)
    run_of(editor, record, design=PIN)
    assert Design.from_json(run_of(editor, record).design) == PIN


def test_a_collections_layout_is_for_its_editors(herbarium, editor, administrator, stranger):
    LabelProfile.objects.create(name="Ours", kind="specimen", collection=herbarium)
    assert LabelProfile.objects.usable_by(editor).count() == 1
    assert LabelProfile.objects.usable_by(stranger).count() == 0
    assert LabelProfile.objects.changeable_by(editor).count() == 0
    assert LabelProfile.objects.changeable_by(administrator).count() == 1


@pytest.mark.parametrize(
    "kept", [{}, {"items": 7}, {"size": "x", "form": "9", "items": [{"field": "?"}]}]
)
def test_an_unsound_design_is_read_as_the_default(kept):
    assert Design.from_json(kept) == Design()


def test_records_are_kept_in_the_order_they_were_chosen(herbarium, editor):
    made = make.occurrences(herbarium, [{"catalog_number": text} for text in "ABC"])
    backwards = [str(each.guid) for each in reversed(made)]
    assert labels.of_records(editor, backwards) == backwards


@pytest.mark.parametrize("said", ["H-1", "01a1fd68-5670-703f-a0f2-f2103cd8eb55"])
def test_a_qr_code_is_the_one_another_program_makes(said):
    other = qrcode.QRCode(
        error_correction=qrcode.ERROR_CORRECT_M, mask_pattern=label_pdf.MASK, border=0
    )
    other.add_data(qrcode.util.QRData(said.encode(), mode=qrcode.util.MODE_8BIT_BYTE))
    other.make(fit=True)
    assert label_pdf.modules(said) == [[bool(each) for each in row] for row in other.get_matrix()]


def test_the_picture_of_a_page_ends_where_the_page_ends(herbarium, editor):
    design = BUILT_IN["packet"][2]
    pdf, _problems = labels.pdf(run_of(editor, make.occurrence(herbarium, **SHEET), design=design))
    shown = Image.open(io.BytesIO(label_pdf.picture(pdf, width=800, cropped=True))).convert("L")
    assert shown.width == 800
    corners = [(x, y) for x in (0, shown.width - 1) for y in (0, shown.height - 1)]
    assert [shown.getpixel(corner) for corner in corners] == [255] * 4


def test_the_pictures_of_the_documentation_can_be_made_anew(tmp_path):
    call_command("picture_labels", tmp_path, stdout=io.StringIO())
    made = {path.name: Image.open(path).size for path in tmp_path.iterdir()}
    shown = {
        path.name: Image.open(path).size
        for path in (settings.BASE_DIR / "docs/pictures").glob("label-*")
    }
    assert made == shown
