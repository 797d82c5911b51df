"""The pages of labels: from a saved record to the PDF in three steps, and nobody sees more."""

import base64
import io
import re

import pypdfium2
import pytest
from django.urls import reverse
from PIL import Image

from journal import jobs
from journal.jobs import Refused
from occurrences import label_logo, label_pdf
from occurrences.label_design import MOST_LOGO
from occurrences.models import (
    LabelProfile,
    LabelRun,
    Occurrence,
    Offer,
    OfferedRecord,
    QueuedAnnotation,
    Sending,
)
from tests import canary, make
from tests.cast import client_of
from tests.occurrences import pictures

pytestmark = pytest.mark.django_db
NEW = "/labels/new/"


@pytest.fixture(autouse=True)
def asleep(monkeypatch):
    """Jobs wait until a test does them."""
    monkeypatch.setattr(jobs, "wake", lambda job: None)


def lay_out(client, **chosen):
    """Choose records and return the page that follows."""
    return client.post(NEW, chosen, follow=True)


def form_of(page):
    """Return what a browser would send of the page's layout form."""
    layout = page.context["layout"]
    sent = {name: field.value() for name, field in zip(layout.of.fields, layout.of, strict=True)}
    sent = {name: "on" if value is True else value for name, value in sent.items() if value}
    sent |= {"items-INITIAL_FORMS": len(layout.items.initial_forms)}
    sent |= {"items-TOTAL_FORMS": len(layout.items.forms)}
    for number, form in enumerate(layout.items.forms):
        sent[f"items-{number}-ORDER"] = number + 1
        for field in form:
            value = field.value()
            if value and field.name != "ORDER":
                sent[field.html_name] = "on" if value is True else value
    return sent


def test_a_record_leads_to_its_pdf(herbarium, editor):
    record = make.occurrence(herbarium, catalog_number="H-1", locality="Cañón del Púlpito")
    client = client_of(editor)
    shown = client.get(reverse("occurrences:record", args=[record.guid])).content.decode()
    assert f'action="{NEW}"' in shown
    assert f'name="record" value="{record.guid}"' in shown
    page = lay_out(client, record=record.guid)
    run = page.context["run"]
    assert "Everything fits." in page.content.decode()
    pdf = client.post(f"/labels/{run.guid}/pdf/", form_of(page), follow=True)
    assert pdf["Content-Type"] == "application/pdf"
    assert "Cañón del Púlpito" in " ".join(canary.texts(pdf.content))
    assert "no-store" in pdf["Cache-Control"]


def test_the_number_of_labels_is_changed_for_each_record(herbarium, editor):
    records = make.occurrences(herbarium, [{"duplicate_quantity": "3"}, {}, {}])
    client = client_of(editor)
    page = lay_out(client, record=[record.guid for record in records])
    run = page.context["run"]
    counts = dict(zip(records, ("", "4", "0"), strict=True))
    sent = {f"copies-{record.guid}": count for record, count in counts.items()}
    client.post(f"/labels/{run.guid}/", form_of(page) | sent)
    pdf = client.get(f"/labels/{run.guid}/pdf/").content
    assert " ".join(canary.texts(pdf)).count("Quercus emoryi") == 7


def test_the_designer_changes_the_label(herbarium, editor):
    record = make.occurrence(herbarium, habitat="oak woodland", locality="Imuris")
    client = client_of(editor)
    page = lay_out(client, record=record.guid)
    run = page.context["run"]
    sent = form_of(page) | {"heading_prefix": "Plants of Sonora", "form": "3"}
    for number in range(int(sent["items-TOTAL_FORMS"])):
        sent[f"items-{number}-field"] = "habitat" if number == 0 else ""
    sent["items-0-prefix"] = "Habitat: "
    preview = client.post(f"/labels/{run.guid}/preview/", sent)
    assert b"data:image/png;base64," in preview.content
    assert LabelRun.objects.get().design["form"] == "2"
    client.post(f"/labels/{run.guid}/", sent)
    said = " ".join(canary.texts(client.get(f"/labels/{run.guid}/pdf/").content))
    assert re.sub(r"\s+", " ", said).strip() == "Plants of Sonora Habitat: oak woodland"


def images_in(pdf):
    """Return the pictures on the first page of a PDF."""
    page = pypdfium2.PdfDocument(pdf)[0]
    found = page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
    return list(found)


def test_a_project_mark_is_printed_kept_and_left_out_again(herbarium, editor):
    client = client_of(editor)
    page = lay_out(client, record=[make.occurrence(herbarium).guid for _each in range(2)])
    run = page.context["run"]
    sent = form_of(page)
    mark = pictures.upload(pictures.with_place(), "mark.jpg")
    client.post(f"/labels/{run.guid}/", {**sent, "logo": mark})
    assert len(images_in(client.get(f"/labels/{run.guid}/pdf/").content)) == 2
    run.refresh_from_db()
    assert canary.WORD not in str(run.design)
    client.post(f"/labels/{run.guid}/", sent)
    assert len(images_in(client.get(f"/labels/{run.guid}/pdf/").content)) == 2
    client.post(f"/labels/{run.guid}/keep/", {**sent, "name": "With a mark"})
    assert LabelProfile.objects.get().design["logo"]
    client.post(f"/labels/{run.guid}/", {**sent, "without_logo": "on"})
    assert images_in(client.get(f"/labels/{run.guid}/pdf/").content) == []


@pytest.mark.parametrize(
    "content",
    [
        b"<svg onload='alert(1)'/>",
        pictures.huge_png(),
        b"\x89PNG\r\n\x1a\n" + b"x" * 40,
        b"%PDF-1.7",
    ],
    ids=["script", "bomb", "damaged", "document"],
)
def test_what_is_no_picture_is_no_project_mark(content, herbarium, editor):
    client = client_of(editor)
    page = lay_out(client, record=make.occurrence(herbarium).guid)
    run = page.context["run"]
    sent = {**form_of(page), "footer": "University", "logo": pictures.upload(content, "mark.png")}
    answer = client.post(f"/labels/{run.guid}/", sent)
    assert answer.status_code == 200
    assert answer.context["layout"].of.errors.keys() == {"logo"}
    run.refresh_from_db()
    assert not run.design["logo"]
    assert not run.design["footer"]


def test_a_project_mark_is_kept_small(herbarium, editor):
    noise = io.BytesIO()
    Image.effect_noise((1500, 1200), 200).convert("RGB").save(noise, "PNG")
    assert len(label_logo.read(noise, MOST_LOGO)) <= MOST_LOGO
    with pytest.raises(Refused):
        label_logo.read(io.BytesIO(b" " * (label_logo.MOST_BYTES + 1)), MOST_LOGO)


def test_what_does_not_fit_is_listed_on_the_page(herbarium, editor):
    record = make.occurrence(herbarium, catalog_number="H-9", locality="a long way " * 90)
    page = lay_out(client_of(editor), record=record.guid).content.decode()
    assert page.count('id="misfits"') == 1
    assert "H-9" in page.split('id="misfits"')[1]
    assert "Locality" in page.split('id="misfits"')[1]


def test_a_layout_is_kept_and_taken_over(herbarium, administrator, editor):
    record = make.occurrence(herbarium)
    client = client_of(administrator)
    page = lay_out(client, record=record.guid)
    kept = {"name": "Cacti", "owner": str(herbarium.guid), "footer": "University Herbarium"}
    client.post(f"/labels/{page.context['run'].guid}/keep/", form_of(page) | kept)
    profile = LabelProfile.objects.get()
    assert profile.collection == herbarium
    other = client_of(editor)
    run = lay_out(other, record=record.guid).context["run"]
    other.post(f"/labels/{run.guid}/layout/", {"profile": str(profile.guid)})
    run.refresh_from_db()
    assert run.design["footer"] == "University Herbarium"


def test_an_editor_keeps_no_layout_for_the_collection(herbarium, editor):
    client = client_of(editor)
    page = lay_out(client, record=make.occurrence(herbarium).guid)
    kept = {"name": "Cacti", "owner": str(herbarium.guid)}
    client.post(f"/labels/{page.context['run'].guid}/keep/", form_of(page) | kept)
    assert not LabelProfile.objects.exists()


def test_a_search_and_a_project_are_laid_out(herbarium, editor):
    make.occurrences(herbarium, [{"country": "Mexico", "label_project": "Sonora"}, {}])
    client = client_of(editor)
    assert len(lay_out(client, search="country=Mexico").context["run"].rows) == 1
    assert "Sonora" in client.get("/labels/").content.decode()
    chosen = {"project": "Sonora", "collection": herbarium.guid}
    assert len(lay_out(client, **chosen).context["run"].rows) == 1
    assert lay_out(client, search="country=Peru").redirect_chain[-1][0] == "/labels/"


def test_the_records_of_an_offer_are_laid_out_for_both_sides_and_nobody_else(
    herbarium, other_herbarium, administrator, other_administrator, stranger
):
    record = make.occurrence(herbarium)
    sending = Sending.objects.create(collection=herbarium, user=administrator)
    offer = Offer.objects.create(sending=sending, collection=other_herbarium, how="transfer")
    OfferedRecord.objects.create(offer=offer, record_guid=record.guid)
    for person in (administrator, other_administrator):
        run = lay_out(client_of(person), offer=offer.guid).context["run"]
        assert run.rows == [[str(record.guid), None]]
    assert client_of(stranger).post(NEW, {"offer": offer.guid}).status_code == 404


def test_the_preview_is_the_pdf(herbarium, editor):
    client = client_of(editor)
    page = lay_out(client, record=make.occurrence(herbarium, locality="Imuris").guid)
    pdf = client.get(f"/labels/{page.context['run'].guid}/pdf/").content
    png = label_pdf.picture(pdf, width=1400, cropped=True)
    assert page.context["picture"].endswith(base64.b64encode(png).decode())


def test_more_than_fifty_become_a_job(herbarium, editor):
    made = make.occurrences(herbarium, [{} for _each in range(51)])
    client = client_of(editor)
    page = lay_out(client, record=[record.guid for record in made])
    run = page.context["run"]
    client.post(f"/labels/{run.guid}/pdf/", form_of(page))
    run.refresh_from_db()
    assert run.job.kind == "labels"
    assert client.get(f"/labels/{run.guid}/pdf/").status_code == 302
    jobs.run(run.job.guid)
    pdf = client.get(f"/labels/{run.guid}/pdf/")
    assert " ".join(canary.texts(canary.body(pdf))).count("Quercus emoryi") == 51


def test_printed_annotation_labels_leave_the_queue(herbarium, editor):
    record = make.occurrence(herbarium, identified_by="C. H. Muller")
    determination = record.identifications.get()
    QueuedAnnotation.objects.create(identification=determination.guid, user=editor)
    client = client_of(editor)
    run = lay_out(client, queue="1").context["run"]
    assert "Muller" in " ".join(canary.texts(client.get(f"/labels/{run.guid}/pdf/").content))
    client.post(f"/labels/{run.guid}/printed/")
    assert not QueuedAnnotation.objects.filter(printed_at=None).exists()


def test_the_project_is_cleared_and_can_be_had_back(herbarium, editor):
    record = make.occurrence(herbarium, label_project="Sonora")
    client = client_of(editor)
    run = lay_out(client, record=record.guid).context["run"]
    page = client.post(f"/labels/{run.guid}/printed/", {"clear": "1"}, follow=True)
    assert Occurrence.objects.get().label_project is None
    assert "/changes/" in page.content.decode()


@pytest.mark.parametrize("name", ["stranger", "reader", "editor", "other_administrator"])
def test_labels_show_nobody_more_than_he_may_read(name, canaries, cast):
    client = client_of(cast[name])
    queue = [
        QueuedAnnotation(identification=each.guid, user=cast[name])
        for record in (canaries.place, canaries.whole)
        for each in record.identifications.all()
    ]
    QueuedAnnotation.objects.bulk_create(queue)
    asked = {"record": [canaries.place.guid, canaries.whole.guid]}
    for chosen in (asked, {"queue": "1"}, {"search": "q=Cereus"}):
        page = lay_out(client, **chosen)
        run = page.context["run"]
        said = page.content.decode()
        for path in ("", "pdf/", "csv/"):
            answer = client.get(f"/labels/{run.guid}/{path}")
            assert answer.status_code == 200
            said += " ".join(canary.texts(canary.body(answer)))
        client.post(f"/labels/{run.guid}/preview/", form_of(page))
        entitled = name in ("reader", "editor")
        assert (canary.WORD in said) is entitled, chosen
        assert (canary.WHOLE in said) is (name == "editor" and chosen != {"search": "q=Cereus"})


def test_the_form_can_be_sent_without_naming_the_layout(herbarium, editor):
    """A browser sends no form, and no preview is asked for, while a required field is blank."""
    page = lay_out(client_of(editor), record=make.occurrence(herbarium).guid).content.decode()
    blank = re.search(r'<input type="text" name="name"[^>]*>', page)
    assert blank
    assert " required" not in blank[0]
