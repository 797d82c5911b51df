"""The list of collections, a profile, its metadata, the control panels."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from biocollections import accepting, metadata
from biocollections.forms import CollectionForm
from biocollections.models import Collection

HEADINGS = {
    Collection.Type.PRESERVED: gettext_lazy("Preserved specimens"),
    Collection.Type.FOSSIL: gettext_lazy("Fossil specimens"),
    Collection.Type.OBSERVATION: gettext_lazy("Observation projects"),
    Collection.Type.PERSONAL: gettext_lazy("Personal observations"),
}


@require_safe
def collection_list(request: HttpRequest) -> HttpResponse:
    """List the collections the reader may see, by type."""
    collections = list(Collection.objects.visible_to(request.user).select_related("institution"))
    groups = [
        (heading, [each for each in collections if each.type == kind])
        for kind, heading in HEADINGS.items()
    ]
    return render(
        request, "collections/list.html", {"groups": [group for group in groups if group[1]]}
    )


@require_safe
def profile(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Tell what a collection is, whom to ask, and what it holds now."""
    collection = _collection(request.user, guid)
    ways = accepting.in_words(collection)
    context = {"collection": collection, "ways": ways, **_rights(request.user, collection)}
    return render(request, "collections/profile.html", context)


@login_required
@require_safe
def manage(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Occurrence Management of one collection: what its editors and administrators can do."""
    collection = _collection(request.user, guid)
    rights = _rights(request.user, collection)
    if not rights["may_edit"]:
        raise PermissionDenied
    return render(request, "collections/manage.html", {"collection": collection, **rights})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Edit what a collection says about itself; its administrators may."""
    collection = _collection(request.user, guid)
    if not _rights(request.user, collection)["may_manage"]:
        raise PermissionDenied
    seen = _seen(request) if request.method == "POST" else metadata.told(collection)
    theirs: dict[str, Any] = {}
    form = CollectionForm(collection, seen, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            change_set = metadata.change(guid, seen, form.wanted, request.user)
        except metadata.Disputed as dispute:
            seen, theirs = dispute.now, {name: dispute.now[name] for name in dispute.fields}
        else:
            _tell(request, change_set)
            return redirect("collections:profile", guid)
    context = {
        "collection": _collection(request.user, guid),
        "form": form.metadata,
        "contacts": form.contacts,
        "theirs": _named(form, theirs),
        "seen": signing.dumps(seen, salt=__name__, compress=True),
    }
    return render(request, "collections/edit.html", context)


def _tell(request: HttpRequest, change_set: Any) -> None:
    if change_set is None:
        messages.info(request, _("Nothing was changed."))
    else:
        messages.success(request, _("Saved. The change can be undone from the list of changes."))


def _seen(request: HttpRequest) -> metadata.Told:
    """Return what the collection said when the form was opened."""
    try:
        return dict(signing.loads(request.POST.get("seen", ""), salt=__name__))
    except signing.BadSignature:
        raise BadRequest("The form is not one of ours.") from None


def _named(form: CollectionForm, theirs: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (label, what it says now) of the fields somebody else changed meanwhile."""
    named = []
    for name, value in theirs.items():
        if name == "contacts":
            people = (f"{p['first_name']} {p['last_name']} {p['email']}".strip() for p in value)
            named.append((_("Contacts"), "; ".join(people)))
        else:
            field = form.metadata.fields[name]
            named.append((str(field.label), str(field.prepare_value(value))))
    return named


def _collection(user: Any, guid: UUID) -> Collection:
    visible = Collection.objects.visible_to(user).select_related("institution")
    return get_object_or_404(visible.prefetch_related("contacts"), guid=guid)


def _rights(user: Any, collection: Collection) -> dict[str, bool]:
    """Tell what `user` may do here, for the page to offer no more than that."""
    if not user.is_authenticated:
        return {"may_edit": False, "may_manage": False}
    return {
        "may_edit": Collection.objects.editable_by(user).contains(collection),
        "may_manage": Collection.objects.managed_by(user).contains(collection),
    }
