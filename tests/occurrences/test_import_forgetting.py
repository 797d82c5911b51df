"""Staged rows go a month after they were applied; what was not imported stays to be mended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from journal.jobs import Refused
from occurrences import forgetting, refreshing, reviewing
from occurrences.models import ImportRow, ImportRun, Occurrence
from tests.occurrences.importing import archive, bring_in, checked

pytestmark = pytest.mark.django_db

TEXT = "catalogNumber,country\n1,Peru\n2,Cuba\n2,Chile\n"


def applied(run, days):
    ImportRun.objects.filter(pk=run.pk).update(applied_at=timezone.now() - timedelta(days=days))


def test_rows_go_after_a_month_but_those_that_were_not_imported(herbarium, administrator):
    run = bring_in(herbarium, administrator, TEXT)
    applied(run, 31)
    assert forgetting.forget_rows() == 2
    assert [row.line for row in run.rows.all()] == [4] == [o.line for o in run.outcomes.all()]
    assert "Chile" in "".join(reviewing.not_imported(run))
    assert forgetting.forget_rows() == 0
    run.refresh_from_db()
    with pytest.raises(Refused, match="any more"):  # not: everything is missing in the source
        refreshing.retire(run, administrator)
    assert Occurrence.objects.count() == 2


def test_rows_of_a_younger_import_or_one_in_review_stay(herbarium, administrator):
    applied(bring_in(herbarium, administrator, TEXT), 29)
    checked(herbarium, administrator, TEXT)
    assert forgetting.forget_rows() == 0
    assert ImportRow.objects.count() == 6


def test_extension_rows_go_with_theirs(herbarium, administrator):
    core = "id,catalogNumber\nk1,1\nk2,2\nk3,2\n"
    more = "coreid,measurementType\nk1,height\nk3,width\n"
    run = bring_in(
        herbarium, administrator, archive(core, measurementOrFact=more), keys=["catalogNumber"]
    )
    assert run.counts["blocked"] == 1
    applied(run, 31)
    forgetting.forget_rows()
    assert [row.core_id for row in run.rows.order_by("number")] == ["k3", "k3"]
