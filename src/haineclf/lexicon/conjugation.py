"""Forms of French verbs by tense and person, for the regular groups and for verbs given in full.

Tags: `inf`, `pp` (participle), `ger`, and with a person 1-6 `pres`, `impf`, `fut`, `cond`, `subj`, `imp`.
Source of the paradigms: the ordinary tables of any French grammar (Bescherelle, groups 1, 2 and -re verbs).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FUTURE = ("ai", "as", "a", "ons", "ez", "ont")
_PAST = ("ais", "ais", "ait", "ions", "iez", "aient")
_VOWEL_CHANGES = {"e": "è", "é": "è"}


def conjugate(infinitive: str, group: str) -> dict[str, list[str]]:
    """Gives the forms of a regular verb.

    Args:
        infinitive: The verb, e.g. `"tuer"`.
        group: `"er"`, `"ir"` (finir) or `"re"` (vendre).

    Returns:
        Forms by tag, e.g. `{"inf": ["tuer"], "pres1": ["tue"], ...}`.

    Raises:
        ValueError: If the infinitive does not end as its group says.

    >>> conjugate("égorger", "er")["pres4"], conjugate("crever", "er")["fut1"]
    (['égorgeons'], ['crèverai'])
    """
    if group not in {"er", "ir", "re"} or not infinitive.endswith(group):
        message = f"{infinitive!r} is no verb of the group {group!r}; give its forms under 'tenses'"
        raise ValueError(message)
    stem = infinitive[: -len(group)]
    if group == "er":
        return _first_group(infinitive, stem)
    endings = ("is", "is", "it", "issons", "issez", "issent") if group == "ir" else ("s", "s", "", "ons", "ez", "ent")
    long_stem = f"{stem}iss" if group == "ir" else stem
    participle = f"{stem}{'i' if group == 'ir' else 'u'}"
    return _assemble(
        infinitive,
        participle,
        present=[stem + ending for ending in endings],
        past_stem=long_stem,
        future_stem=infinitive if group == "ir" else infinitive[:-1],
        subjunctive=[long_stem + ending for ending in ("e", "es", "e", "ions", "iez", "ent")],
    )


def _first_group(infinitive: str, stem: str) -> dict[str, list[str]]:
    # Before a silent ending "crev-" is "crèv-"; before a and o "égorg-" is "égorge-", "menac-" is "menaç-".
    silent = stem
    if len(stem) > 2 and stem[-2] in _VOWEL_CHANGES and stem[-1] not in "aeiouyéèêr":
        silent = stem[:-2] + _VOWEL_CHANGES[stem[-2]] + stem[-1]
    elif stem.endswith(("oy", "uy")):
        silent = f"{stem[:-1]}i"
    hard = f"{stem}e" if stem.endswith("g") else f"{stem[:-1]}ç" if stem.endswith("c") else stem
    weak = [silent + ending for ending in ("e", "es", "e")]
    forms = _assemble(
        infinitive,
        f"{stem}é",
        present=[*weak, f"{hard}ons", f"{stem}ez", f"{silent}ent"],
        past_stem=hard,
        future_stem=f"{silent}er" if stem[-2:-1] != "é" else infinitive,
        subjunctive=[*weak, f"{stem}ions", f"{stem}iez", f"{silent}ent"],
    )
    forms["imp2"] = [f"{silent}e"]
    return forms


def _assemble(
    infinitive: str,
    participle: str,
    *,
    present: Sequence[str],
    past_stem: str,
    future_stem: str,
    subjunctive: Sequence[str],
) -> dict[str, list[str]]:
    forms = {
        "inf": [infinitive],
        "pp": [participle + ending for ending in ("", "e", "s", "es")],
        "ger": [f"{past_stem}ant"],
        "imp2": [present[1]],
        "imp4": [present[3]],
        "imp5": [present[4]],
    }
    for person in range(6):
        forms[f"pres{person + 1}"] = [present[person]]
        forms[f"impf{person + 1}"] = [past_stem + _PAST[person]]
        forms[f"fut{person + 1}"] = [future_stem + _FUTURE[person]]
        forms[f"cond{person + 1}"] = [future_stem + _PAST[person]]
        forms[f"subj{person + 1}"] = [subjunctive[person]]
    return forms


def tags_by_form(tenses: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Turns forms by tag into tags by form, the tense alone (`fut`) beside tense and person (`fut1`)."""
    found: dict[str, set[str]] = {}
    for tag, forms in tenses.items():
        for form in forms:
            found.setdefault(form, set()).update({tag, tag.rstrip("123456")})
    return {form: frozenset(tags) for form, tags in found.items()}
