"""The code of a language that a source names in its own way. Pure but for Django's list."""

from __future__ import annotations

from functools import lru_cache

from django.conf.locale import LANG_INFO

# ISO 639-2 and 639-3 to the shorter code of ISO 639-1, for languages that have one.
_LONG_CODES = """
eng:en fra:fr fre:fr deu:de ger:de spa:es por:pt ita:it nld:nl dut:nl swe:sv dan:da nor:no
nob:nb nno:nn fin:fi isl:is ice:is rus:ru ukr:uk pol:pl ces:cs cze:cs slk:sk slo:sk hun:hu
ron:ro rum:ro bul:bg srp:sr hrv:hr slv:sl ell:el gre:el tur:tr ara:ar heb:he fas:fa per:fa
hin:hi ben:bn urd:ur tam:ta tel:te mal:ml kan:kn mar:mr zho:zh chi:zh jpn:ja kor:ko vie:vi
tha:th ind:id msa:ms may:ms cat:ca eus:eu baq:eu glg:gl cym:cy wel:cy gle:ga gla:gd est:et
lav:lv lit:lt kat:ka geo:ka hye:hy arm:hy aze:az kaz:kk mon:mn nep:ne swa:sw afr:af epo:eo
"""
_LONG = dict(pair.split(":") for pair in _LONG_CODES.split())
_NAMES = {
    **{info["name"].casefold(): code for code, info in LANG_INFO.items() if "name" in info},
    **{
        info["name_local"].casefold(): code
        for code, info in LANG_INFO.items()
        if "name_local" in info
    },
}


@lru_cache(maxsize=4096)
def language_code(text: str) -> str:
    """Return "en" for "English", "eng", "EN" or "en_US"; what isn't known stays as it stands."""
    plain = text.strip().casefold()
    if plain in _NAMES:
        return _NAMES[plain]
    base = plain.replace("_", "-").partition("-")[0]
    if base in _LONG or (len(base) == 2 and base.isalpha()):
        return _LONG.get(base, base)
    return text.strip()[:50]
