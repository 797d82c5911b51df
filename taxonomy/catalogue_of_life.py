"""Names asked of the Catalogue of Life online, through ChecklistBank's matching API.

Off until the setting CATALOGUE_OF_LIFE_URL names a dataset. What the service says of a name becomes
usages of a checklist of the state "online", so that they are shown and adopted as any others; the
answers are kept, so that a name isn't asked again soon. Only an exact answer may link a name by
itself: the service's `match: true` is not "the same name".
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from taxonomy import catalogue_reading as reading
from taxonomy import evidence
from taxonomy.catalogue_reading import Columns, Reading, Unreadable
from taxonomy.checklistbank import Session, Unanswered, Unavailable
from taxonomy.evidence import Asked, Known
from taxonomy.matching import Candidate, Further, Match
from taxonomy.models import CatalogueAnswer, Checklist, Usage, UsageVernacular
from taxonomy.parsing import parse

logger = logging.getLogger(__name__)

SOURCE = "Catalogue of Life (online)"
# What a service in order knows: first a synonym, then one of each other kingdom, for a dataset
# that holds a part of life only.
KNOWN_NAMES = ("Felis concolor", "Quercus robur", "Amanita muscaria", "Escherichia coli")
BATCH = 25  # names that are answered, checked and kept together: what a killed worker loses
KEPT = timedelta(days=30)  # an answer
KEPT_NOT_FOUND = timedelta(days=7)  # an answer that says the name isn't there
RELEASE_HOLDS = timedelta(days=30)  # where the service doesn't tell its release
MOST_ALTERNATIVES = 10
MOST_FAILURES = 3  # in a row, before the extras are given up
LONGEST_QUESTION = 600  # characters
LOCKS, ASKING, KEEPING = 7104, 1, 2  # any number of our own, and what is locked
MATCH = "/match/nameusage"

Progress = Callable[[int], None]  # told how many names are done, between transactions; may raise


def available() -> bool:
    """Tell whether this portal may ask the Catalogue of Life online at all."""
    return bool(settings.CATALOGUE_OF_LIFE_URL)


def check() -> None:
    """Raise Unavailable, with a reason for people, unless the service knows a well-known name."""
    _known_name(session())


def look_up(
    asked: Iterable[Asked],
    progress: Progress | None = None,
    *,
    kingdom: str = "",
    ask: bool = True,
) -> Iterator[Match]:
    """Yield what the service says about each name, in order; a name it can't answer is left out.

    kingdom: that of names that state none. ask=False: only what earlier runs were answered.

    Before the first question, and after each batch in which a name wasn't found, a well-known name
    is asked: when that isn't known either, nothing of the batch is believed, and Unavailable is
    raised. So is it when the service is out of reach. What was yielded before stands, and isn't
    asked again in the next run. Not within a transaction: it waits for the network.
    """
    inquiry = _Inquiry(progress or (lambda done: None), ask)
    questions: list[_Question] = []
    for each in asked:
        questions.append(_question(each, kingdom))
        if len(questions) == BATCH:
            yield from inquiry.matches(questions)
            questions = []
    yield from inquiry.matches(questions)


def remembered(kingdom: str = "") -> Further | None:
    """Return what `matching.link` may hear beside the checklists: what was answered before."""
    if not available():
        return None
    return lambda asked: look_up(asked, kingdom=kingdom, ask=False)


def complete(usage_ids: Iterable[int], progress: Progress | None = None) -> None:
    """Fetch synonyms and vernacular names of the accepted names of these usages, before adopting.

    Of usages of other checklists nothing is fetched. It is an extra: what the service doesn't
    answer is left out.
    """
    accepted = _accepted_of(usage_ids)
    kept = _kept(accepted[0].checklist, map(_completion, accepted)) if accepted else {}
    missing = [usage for usage in accepted if _completion(usage) not in kept]
    failures = 0
    for done, usage in enumerate(missing):
        try:
            _complete(session(), usage)
            failures = 0
        except (Unanswered, Unavailable) as trouble:
            logger.warning("%s is taken without synonyms: %s", usage, trouble)
            failures += 1
        if failures == MOST_FAILURES:
            return
        if progress:
            progress(done + 1)


# -- The service -----------------------------------------------------------------------------------


def session() -> Session:
    """Return a session with the configured service; raises Unavailable when there is none."""
    if not available():
        raise Unavailable(_("This portal is not set up to ask the Catalogue of Life online."))
    agent = f"Holotype ({settings.SITE_NAME}; {settings.HELP_DESK or 'no help desk named'})"
    return Session(settings.CATALOGUE_OF_LIFE_URL, agent, turn=_turn)


def _unavailable(reason: object) -> Unavailable:
    return Unavailable(
        _(
            "The Catalogue of Life can't be asked now. %(reason)s What was linked before is as it "
            "was; try again later."
        )
        % {"reason": reason}
    )


def _known_name(asking: Session, names: Iterable[str] = KNOWN_NAMES) -> str:
    """Return the first of `names` that the service knows.

    Each question carries an identifier of its own, so that no cache on the way answers for a
    service that is out of order.
    """
    for name in names:
        try:
            own = {"scientificName": name, "id": secrets.token_hex(8)}
            answer = asking.get(MATCH, own)
        except (Unanswered, Unavailable) as trouble:
            raise _unavailable(trouble) from None
        if reading.known_as(answer, name):
            return name
    reason = _("%(host)s doesn't know the name %(name)s, so it must be out of order.")
    raise _unavailable(reason % {"host": asking.host, "name": name})


def release_of(asking: Session) -> str:
    """Return the release the dataset stands at, as "3LR 2026-10-06", or "" when it isn't told."""
    try:
        told = asking.get(".json")
    except (Unanswered, Unavailable):
        return ""
    known = told if isinstance(told, dict) else {}
    release = known.get("version") or known.get("issued") or known.get("alias")
    return f"{_dataset(asking)} {release}"[:100] if isinstance(release, str) else ""


def _dataset(asking: Session) -> str:
    return asking.url.rpartition("/")[2]


@contextmanager
def _turn() -> Iterator[None]:
    """Let one process of the portal ask at a time. The lock goes when the process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCKS, ASKING])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCKS, ASKING])


@contextmanager
def _keeping() -> Iterator[None]:
    """A transaction that alone writes what was answered, so that nothing is kept twice."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCKS, KEEPING])
        yield


# -- Questions and answers -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Question:
    """A name as it is put to the service. text: the same for the same question, as it is kept."""

    name: evidence.Question
    parameters: dict[str, str]
    text: str

    @property
    def can_be_put(self) -> bool:
        is_name = self.name.key and self.name.doubt != evidence.FORMULA
        return bool(is_name and len(self.text) <= LONGEST_QUESTION)


def _question(asked: Asked, kingdom: str) -> _Question:
    """Put a name: without qualifiers, with what tells homonyms of other kingdoms apart."""
    _kingdom, code = evidence.context_of(asked.context or kingdom)
    parsed = parse(asked.scientific_name, asked.authorship, code=code)
    name = evidence.question(asked, parsed, kingdom)
    told = {
        "scientificName": parsed.canonical,
        "authorship": name.authorship,
        "rank": name.rank,
        "kingdom": name.kingdom.capitalize(),
        "code": "" if name.kingdom else {"viral": "virus"}.get(name.code, name.code),
    }
    parameters = {key: value for key, value in told.items() if value}
    return _Question(name, parameters, "&".join("=".join(pair) for pair in parameters.items()))


class _Inquiry:
    """One run of questions. Nothing is asked, not even whether the service is well, until needed.

    checklist: where the release's usages are, None before the first run.
    """

    def __init__(self, progress: Progress, ask: bool) -> None:
        self.progress = progress
        self.may_ask = ask
        self.done = 0
        self.checklist = _online_checklist()
        self.session: Session | None = None
        self.known = ""

    def matches(self, questions: list[_Question]) -> Iterator[Match]:
        """Answer a batch: from what is kept, and by asking."""
        puttable = {q.text: q for q in questions if q.can_be_put}
        kept = _kept(self.checklist, puttable)
        if self.may_ask and puttable.keys() - kept.keys():
            asking = self._open()
            kept = _kept(self.checklist, puttable)
            found = self._ask(asking, [q for text, q in puttable.items() if text not in kept])
            assert self.checklist
            _keep(self.checklist, found)
            kept = _kept(self.checklist, puttable)
        usages = _usages(self.checklist, kept.values())
        for question in questions:
            if not question.can_be_put:
                how = question.name.doubt or evidence.UNREADABLE
                yield Match(question.name.asked.key, "not found", how, None, [])
            elif question.text in kept:
                yield _judge(question, kept[question.text], usages)
        self.done += len(questions)
        self.progress(self.done)

    def _open(self) -> Session:
        """Make sure, once a run, that the service is in order and which release it stands at."""
        if self.session is None:
            self.session = session()
            self.known = _known_name(self.session)
            self.checklist = _checklist_for(self.session)
        return self.session

    def _ask(self, asking: Session, questions: list[_Question]) -> dict[str, Reading]:
        """Ask; believe that names are missing only of a service that is in order afterwards."""
        found = {}
        for number, question in enumerate(questions):
            self.progress(self.done + number)
            try:
                found[question.text] = _put(asking, question)
            except Unavailable as trouble:
                raise _unavailable(trouble) from None
            except (Unanswered, Unreadable) as trouble:
                logger.warning("%s: %s", question.text, trouble)
                _known_name(asking, [self.known])
        if any(each.kind == reading.NONE for each in found.values()):
            _known_name(asking, [self.known])
        return found


def _put(asking: Session, question: _Question) -> Reading:
    """Ask about one name; of homonyms that can't be told apart, ask for all."""
    found = reading.read_match(asking.get(MATCH, question.parameters))
    if found.kind != reading.AMBIGUOUS:
        return found
    verbose = question.parameters | {"verbose": "true"}
    every = reading.read_match(asking.get(MATCH, verbose))
    every = replace(every, kind=reading.AMBIGUOUS)
    for source_id, usage in list(every.bare.items())[:MOST_ALTERNATIVES]:
        _place(asking, source_id, usage, every)
    return every if every.source_ids else found


def _place(asking: Session, source_id: str, usage: dict[str, Any], into: Reading) -> None:
    """Find where an alternative stands that came without its classification."""
    told = {
        "scientificName": usage.get("name"),
        "authorship": usage.get("authorship"),
        "rank": usage.get("rank"),
    }
    own = {key: str(value) for key, value in told.items() if value}
    try:
        placed = reading.read_match(asking.get(MATCH, own))
    except (Unanswered, Unreadable):
        return
    if placed.source_ids[:1] == [source_id]:
        into.source_ids.append(source_id)
        into.usages.update(placed.usages)


# -- What is kept ----------------------------------------------------------------------------------


def _online_checklist() -> Checklist | None:
    online = Checklist.objects.filter(source=SOURCE, state=Checklist.State.ONLINE)
    return online.filter(title=settings.CATALOGUE_OF_LIFE_URL).order_by("-pk").first()


def _checklist_for(asking: Session) -> Checklist:
    """Return the checklist of the release the service stands at, made if it is new.

    Older ones stay as they are, for the candidates that point to their usages.
    """
    release, now = release_of(asking), timezone.now()
    with _keeping():
        checklist = _online_checklist()
        if checklist and checklist.release == release:
            return checklist
        if checklist and not release and checklist.created_at > now - RELEASE_HOLDS:
            return checklist
        return Checklist.objects.create(
            source=SOURCE,
            title=asking.url,
            release=release or f"{_dataset(asking)} {now:%Y-%m-%d}",
            state=Checklist.State.ONLINE,
            loaded_at=now,
        )


def _kept(checklist: Checklist | None, texts: Iterable[str]) -> dict[str, CatalogueAnswer]:
    """Return the answers to these questions that are still young enough."""
    if checklist is None:
        return {}
    now = timezone.now()
    kept = checklist.answers.filter(question__in=list(texts), answered_at__gt=now - KEPT)
    return {
        answer.question: answer
        for answer in kept
        if answer.source_ids or answer.answered_at > now - KEPT_NOT_FOUND
    }


def _keep(checklist: Checklist, found: dict[str, Reading]) -> None:
    """Keep answers and the usages they speak of, in one transaction."""
    columns = {}
    for each in found.values():
        columns.update(each.usages)
    with _keeping():
        _keep_usages(checklist, columns)
        CatalogueAnswer.objects.bulk_create(
            [
                CatalogueAnswer(
                    checklist=checklist,
                    question=text,
                    kind=each.kind,
                    source_ids=each.source_ids[:MOST_ALTERNATIVES],
                    issues=each.issues,
                )
                for text, each in found.items()
            ],
            update_conflicts=True,
            unique_fields=["checklist", "question"],
            update_fields=["kind", "source_ids", "issues", "answered_at"],
        )


def _keep_usages(checklist: Checklist, columns: dict[str, Columns]) -> None:
    """Make or bring up to date these usages. Their rows stay: candidates point to them."""
    there = {u.source_id: u for u in checklist.usages.filter(source_id__in=list(columns))}
    link = _link(checklist)
    new: list[Usage] = []
    changed: list[Usage] = []
    for source_id, values in columns.items():
        usage = there.get(source_id) or Usage(checklist=checklist)
        values = {**values, "link": link + quote(source_id, safe="") if link else ""}
        if any(getattr(usage, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(usage, name, value)
            (changed if usage.pk else new).append(usage)
    Usage.objects.bulk_create(new, batch_size=1000)
    if new:
        number = checklist.usages.count()
        counts = {"rows": number, "created": number, "updated": 0, "unchanged": 0, "blocked": 0}
        Checklist.objects.filter(pk=checklist.pk).update(counts=counts)
    if changed:
        Usage.objects.bulk_update(changed, [*next(iter(columns.values())), "link"], batch_size=1000)


def _link(checklist: Checklist) -> str:
    """Return where people read about a usage of this dataset, without its id at the end."""
    base = "https://api.checklistbank.org/dataset/"
    key = checklist.title.removeprefix(base)
    is_public = checklist.title.startswith(base)
    return f"https://www.checklistbank.org/dataset/{key}/nameusage/" if is_public else ""


def _usages(checklist: Checklist | None, kept: Iterable[CatalogueAnswer]) -> dict[str, Usage]:
    """Return the usages these answers speak of and their accepted names, by source_id."""
    if checklist is None:
        return {}
    source_ids = {source_id for answer in kept for source_id in answer.source_ids}
    named = {u.source_id: u for u in checklist.usages.filter(source_id__in=source_ids)}
    accepted = {u.accepted_source_id for u in named.values()} - named.keys() - {""}
    return named | {u.source_id: u for u in checklist.usages.filter(source_id__in=accepted)}


# -- Synonyms and vernacular names -----------------------------------------------------------------


def _accepted_of(usage_ids: Iterable[int]) -> list[Usage]:
    """Return the accepted names of those usages that were asked online, of the release in use."""
    checklist = _online_checklist() if available() else None
    if checklist is None:
        return []
    chosen = checklist.usages.filter(pk__in=list(usage_ids))
    accepted = {usage.accepted_source_id or usage.source_id for usage in chosen}
    return list(checklist.usages.filter(source_id__in=accepted).select_related("checklist"))


def _completion(accepted: Usage) -> str:
    return f"taxon/{accepted.source_id}"


def _complete(asking: Session, accepted: Usage) -> None:
    path = f"/taxon/{quote(accepted.source_id, safe='')}"
    synonyms = asking.get(f"{path}/synonyms")
    vernaculars = asking.get(f"{path}/vernacular")
    place = {name: getattr(accepted, name) for name in ("source_id", "kingdom", "family")}
    found = reading.read_synonyms(synonyms, place)
    with _keeping():
        _keep_usages(accepted.checklist, {columns["source_id"]: columns for columns in found})
        own = {"checklist": accepted.checklist, "source_id": accepted.source_id}
        UsageVernacular.objects.filter(**own).delete()
        UsageVernacular.objects.bulk_create(
            UsageVernacular(**own, name=name, language=language)
            for name, language in reading.read_vernaculars(vernaculars)
        )
        CatalogueAnswer.objects.update_or_create(
            checklist=accepted.checklist,
            question=_completion(accepted),
            defaults={
                "kind": "complete",
                "source_ids": [accepted.source_id],
                "answered_at": timezone.now(),
            },
        )


# -- What an answer means --------------------------------------------------------------------------


_REASONS = {
    reading.AMBIGUOUS: evidence.HOMONYM,
    reading.CANONICAL: evidence.AUTHOR,
    reading.HIGHER: evidence.HIGHER_ONLY,
}


def _judge(question: _Question, answer: CatalogueAnswer, usages: dict[str, Usage]) -> Match:
    """Say what an answer means for a name: what links it, what a person decides, what is nothing.

    A variant (a name without author against one with, too), a canonical match, homonyms and a
    name found only by its genus are never accepted by themselves; an exact one is where what the
    record says of the name doesn't speak against it.
    """
    key = question.name.asked.key
    named = [_known(usages[id_], usages) for id_ in answer.source_ids if id_ in usages]
    fitting = _by_family(question.name, evidence.admitted(question.name, named))
    how = _REASONS.get(answer.kind, "")
    if not fitting or answer.kind == reading.HIGHER:
        return Match(key, "not found", how, None, _candidates(fitting, how))
    verdict = _verdict(question.name, fitting)
    if answer.kind == reading.EXACT and verdict.state == "linked" and not answer.issues:
        candidates = _candidates(fitting, verdict.how)
        return Match(key, "linked", verdict.how, candidates[0], candidates)
    how = how or _doubt(verdict, question.name)
    return Match(key, "review", how, None, _candidates(fitting, how))


def _by_family(name: evidence.Question, known: list[Known]) -> list[Known]:
    """Put those of the record's family first."""
    return sorted(known, key=lambda one: evidence.family_key(one.family) != name.family)


def _verdict(name: evidence.Question, fitting: list[Known]) -> evidence.Verdict:
    """Weigh the one the service put first as if a local checklist had it; another name is none."""
    same = [one for one in fitting[:1] if one.key == name.key]
    return evidence.judge(name, same)


def _doubt(verdict: evidence.Verdict, name: evidence.Question) -> str:
    if verdict.state == "review":
        return verdict.how
    if verdict.state == "not found":
        return evidence.SIMILAR
    return evidence.UNSURE if name.authorship else evidence.NO_AUTHOR


def _known(usage: Usage, usages: dict[str, Usage]) -> Known:
    accepted = usages.get(usage.accepted_source_id)
    return Known(
        key=usage.canonical_key,
        taxon_id=None,
        taxon_guid=None,
        usage_id=usage.pk,
        source_order=1,
        source=SOURCE,
        name=usage.scientific_name,
        authorship=usage.authorship,
        rank=usage.rank,
        status=usage.status,
        kingdom=usage.kingdom,
        family=usage.family,
        accepted_name=accepted.scientific_name if accepted else "",
        accepted_authorship=accepted.authorship if accepted else "",
        accepted_key=accepted.canonical_key if accepted else "",
    )


def _candidates(known: list[Known], how: str) -> list[Candidate]:
    """Return what a person may choose from, in the order of the service."""
    return [_candidate(one, how, -place) for place, one in enumerate(known)]


def _candidate(known: Known, how: str, score: int) -> Candidate:
    return {
        "taxon": None,
        "usage": known.usage_id,
        "name": known.name,
        "authorship": known.authorship,
        "rank": known.rank,
        "status": known.status,
        "accepted": f"{known.accepted_name} {known.accepted_authorship}".strip(),
        "family": known.family,
        "kingdom": known.kingdom,
        "source": known.source,
        "how": how,
        "score": score,
    }
