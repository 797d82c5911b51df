"""How somebody likes to work in the editor: given to him with the rest, gone when he goes."""

from __future__ import annotations

from typing import Any

from accounts.leaving import Rows, holds, letting_go
from occurrences.models import EditorHabits


@holds("editor_habits")
def _habits(person: Any) -> Rows:
    fields = "after_adding after_editing sticky table_columns uses_keys searches_duplicates"
    return EditorHabits.objects.filter(person=person).values(*fields.split())


@letting_go
def _forget(person: Any) -> None:
    EditorHabits.objects.filter(person=person).delete()
