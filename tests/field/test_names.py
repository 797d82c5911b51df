"""Names of real lists through the parser: how many are read as those who made the lists say.

`name_agreement.tsv` holds the counts, and is written anew by

    WRITE_AGREEMENT=1 FIELD_DATA=... python3 dev.py test tests/field/test_names.py

Three things are compared, each exactly, after both sides are written alike:

canonical   with what the list calls canonical. Of gnparser that is its `canonicalFull`, which, like
            ours, keeps the markers of ranks and the hybrid sign (its `canonicalSimple` drops them).
            Where a list has the name with its authors in one column and the authors in another, it
            is the name without them. Markers are spelt as ours are ("subgen." is "subg."), quotes
            straight. A canonical name of GBIF has no markers: there only the words are compared.
authorship  the same letters and years in the same order and in the same brackets. Spaces, dots,
            commas, "&" and "et" don't count, nor brackets around a year, nor "fil." for "f.". The
            authors of an autonym's species are no authors of the autonym.
rank        what the list says. Nothing is compared where it says nothing, nor of a formula or a
            single word, whose rank no parser can see.

A name that gnparser's two files give two readings, with and without cultivars, counts with.
"""

import csv
import io
import json
import os
import re
import zipfile
from pathlib import Path

import pytest

from taxonomy.name_reading import ABOVE, BELOW
from taxonomy.parsing import parse
from taxonomy.ranks import rank_named
from taxonomy.spelling import canonical_key, latinised

FOLDER = Path(os.environ.get("FIELD_DATA", ""))
AGREEMENT = Path(__file__).with_name("name_agreement.tsv")
COLUMNS = ("list", "names", "canonical", "authorship", "rank")
pytestmark = [
    pytest.mark.field,
    pytest.mark.skipif(not os.environ.get("FIELD_DATA"), reason="FIELD_DATA names no folder"),
]
GNPARSER = "4-names/gnparser/gnparser_cases_dev.tsv"
VASCAN = "1-dwca/taxon/gnames-dwca/vascan.zip"
GRIN = "1-dwca/taxon/gnames-dwca/grin/data.zip"
WORMS = "1-dwca/taxon/col-backend/col-dwca-10.packed.zip"


def rows_of(path, member="", delimiter="\t"):
    """Yield the rows of a table, or of a table in a zip archive."""
    data = (FOLDER / path).read_bytes()
    if member:
        data = zipfile.ZipFile(io.BytesIO(data)).read(member)
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    text = io.StringIO(data.decode("utf-8-sig", "replace"), newline="")
    yield from csv.DictReader(text, delimiter=delimiter, quoting=quoting)


def spelt(canonical):
    """Write a canonical name with our markers and quotes."""
    words = []
    for word in re.sub('[‘’“”"]', "'", canonical).split():
        bare = word.rstrip(".")
        marker = (ABOVE.get(bare) or BELOW.get(bare)) if bare != word or bare == "natio" else None
        words.append(marker[0] if marker else word)
    return " ".join(words)


def letters(authorship):
    """Reduce an authorship to what counts."""
    plain = re.sub(r"[\[(](\d{3}[\d?])[\])]", r"\1", authorship).replace("fil.", "f.")
    plain = re.sub(r"\b(?:et|and)\b", "", plain)
    return re.sub(r"[\s,.&]", "", plain)


def rank_of_gnparser(row):
    marker = row["rank"].rstrip(".").lower()
    if marker in ("sp", "species"):
        return "species"
    if row["cardinality"] == "1":
        return ABOVE.get(marker, ("", ""))[1]
    return BELOW.get(marker, ("", ""))[1]


def of_gnparser():
    rows = list(rows_of(GNPARSER))
    with_cultivars = {row["name"] for row in rows if "cultivars" in row["file"]}
    for row in rows:
        if "cultivars" in row["file"] or row["name"] not in with_cultivars:
            yield (
                row["name"],
                spelt(row["canonicalFull"]),
                row["authorshipNormalized"],
                rank_of_gnparser(row),
                "",
            )


ANNOTATION = re.compile(r",? (?:nom|orth|pro) ?\..*|,? pro (?:parte|syn).*")


def apart(name, author, rank, code):
    """Return what a list says that has the name with authors, the authors, and the rank."""
    if author and author not in name:
        name = f"{name} {author}"
    bare = " ".join(name.replace(author, " ", 1).split()) if author else name
    bare = re.sub(r" \([A-Z]\w+\)(?= [a-z])", "", bare)  # a subgenus
    bare = re.sub(r"× ?|(?<= )x (?=[a-z])|^x(?=[A-Z])", "× ", latinised(bare).lstrip("†"))
    bare = spelt(bare if rank == "cultivar" else bare.replace("'", ""))
    bare = re.sub(r"\b(subsp|var|f)\.?(?= [a-z])", r"\1.", bare)
    words = bare.split()
    autonym = len(words) > 2 and words[-1] in words[-3:-1]
    author = "" if autonym and not name.endswith(author) else ANNOTATION.sub("", author)
    known = rank_named(rank)
    return name, ANNOTATION.sub("", bare), author, known.name if known else "", code


def of_vascan():
    for row in rows_of(VASCAN, "taxon.txt"):
        author = row["scientificNameAuthorship"]
        yield apart(row["scientificName"], author, row["taxonRank"], "botanical")


def of_grin():
    for row in rows_of(GRIN, "grin_taxa.txt", ","):
        yield apart(
            row["ScientificName"], row["ScientificNameAuthorship"], row["Rank"], "botanical"
        )


def of_worms():
    for row in rows_of(WORMS, "worms.txt"):
        author = row["scientificNameAuthorship"]
        yield apart(row["scientificName"], author, row["taxonRank"], "zoological")


def of_coldp():
    """The names of the ColDP packages that name the author apart."""
    for path in sorted((FOLDER / "3-taxonomy/coldp").glob("*.zip")):
        for member in zipfile.ZipFile(path).namelist():
            if re.search(r"(?i)name(?:[-_]?usage)?s?\.[ct]sv$", member):
                yield from _of_package(path, member)


def _of_package(path, member):
    head = zipfile.ZipFile(path).read(member).split(b"\n")[0]
    delimiter = max("\t,;", key=lambda sign: head.count(sign.encode()))
    for row in rows_of(path.relative_to(FOLDER), member, delimiter):
        plain = {(name or "").removeprefix("col:"): value for name, value in row.items()}
        if plain.get("scientificName") and "authorship" in plain:
            yield apart(
                plain["scientificName"], plain["authorship"] or "", plain.get("rank") or "", ""
            )


def of_gbif():
    """Names with the canonical form that GBIF's answers give them, words only."""
    pairs = {}
    pattern = re.compile(
        r'"scientificName\\?"\s*:\s*\\?"([^"\\]+)\\?".{0,400}?"canonicalName\\?"\s*:\s*\\?"([^"\\]+)'
    )
    for path in sorted((FOLDER / "3-taxonomy").rglob("*.y*ml")):
        for name, canonical in pattern.findall(path.read_text("utf-8", "replace")):
            pairs[" ".join(name.split())] = " ".join(canonical.split())
    for name, canonical in sorted(pairs.items()):
        yield name, canonical, None, "", ""


def of_family(family):
    """GBIF's lists of a family: the last epithet of each name; "?" stands for no genus."""
    text = (FOLDER / f"4-names/gbif-checklistbank/{family}.txt").read_text("utf-8")
    for line in text.splitlines():
        epithet, _tab, name = line.partition("\t")
        if epithet != r"\N" and name and not name.startswith("?"):
            yield name, latinised(epithet), None, "", "zoological"


LISTS = {
    "gnparser cases": of_gnparser,
    "VASCAN": of_vascan,
    "GRIN": of_grin,
    "WoRMS": of_worms,
    "ColDP packages": of_coldp,
    "GBIF answers": of_gbif,
    "Molossidae": lambda: of_family("molossidae"),
    "Muridae": lambda: of_family("muridae"),
}


def compared(name, canonical, authorship, rank, code, *, by):
    """Return whether canonical, authorship and rank agree; None where nothing is compared."""
    found = parse(name, code=code)
    if by == "GBIF answers":
        same = canonical_key(found.canonical) == canonical_key(canonical)
    elif by.endswith("idae"):
        same = found.epithets[-1:] == (canonical,)
    else:
        same = found.canonical == canonical
    author = None if authorship is None else letters(found.authorship) == letters(authorship)
    below = bool(found.epithets) or found.rank != "" if by == "gnparser cases" else found.epithets
    stated = rank and below and found.hybrid != "formula"
    return same, author, found.rank == rank if stated else None


def count(by):
    """Return a row of the table: names, and of each comparison agreeing/compared and the share."""
    answers = [compared(*case, by=by) for case in LISTS[by]()]
    row = {"list": by, "names": str(len(answers))}
    for column, said in zip(COLUMNS[2:], zip(*answers, strict=True), strict=True):
        made = [one for one in said if one is not None]
        share = f" {100 * sum(made) / len(made):.2f} %" if made else ""
        row[column] = f"{sum(made)}/{len(made)}{share}" if made else "–"
    return row


def kept():
    with AGREEMENT.open(newline="", encoding="utf-8") as table:
        return {row["list"]: row for row in csv.DictReader(table, delimiter="\t")}


def test_the_agreement_with_other_lists_is_the_one_kept():
    rows = [count(name) for name in LISTS]
    if os.environ.get("WRITE_AGREEMENT"):
        with AGREEMENT.open("w", newline="", encoding="utf-8") as table:
            writer = csv.DictWriter(table, COLUMNS, delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    assert rows == list(kept().values())


def test_at_least_95_percent_of_the_canonical_names_of_gnparser_agree():
    agreeing, compared_ = map(int, kept()["gnparser cases"]["canonical"].split()[0].split("/"))
    assert agreeing / compared_ >= 0.95


def test_what_gbif_lists_as_no_names_is_none():
    listed = (FOLDER / "4-names/gbif-parsers/blacklistedNames.tsv").read_text("utf-8").split("\n")
    taken = [text for text in listed if parse(text).canonical]
    assert len(taken) / len(listed) < 0.02, taken


def test_every_text_of_the_trees_is_read_without_an_error():
    for path in sorted((FOLDER / "3-taxonomy/col-matching").rglob("*.txtree")):
        for line in path.read_text("utf-8", "replace").splitlines():
            found = parse(line.strip())
            assert json.dumps(found)
