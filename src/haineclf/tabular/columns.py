"""Which column holds the messages, and names that can stand beside each other."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from haineclf.errors import TableError, TextColumnError

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "haineclf_"

# Within a row no name is likelier than another; a later row counts only when the earlier ones find nothing.
_USUAL_NAMES = (
    {"fulltext", "texteintegral", "textecomplet"},
    {
        "text", "texte", "message", "msg", "comment", "commentaire", "tweet", "commenttext", "textcomment",
        "textecommentaire", "texteducommentaire", "commentbody", "commentcontent", "contenucommentaire",
        "contenuducommentaire", "corpsducommentaire", "messagetext", "messagetexte", "textemessage", "textedumessage",
        "contenumessage", "contenudumessage", "corpsdumessage", "messagebody", "messagecontent", "tweettext",
        "textedutweet", "posttext", "textedupost", "textoriginal", "textdisplay",
    },
    {
        "body", "content", "contenu", "corps", "post", "publication", "verbatim", "selftext", "reponse", "reply",
        "avis", "review", "caption", "legende", "description",
    },
)  # fmt: skip
_NUMBER_OR_DATE = re.compile(r"[\d\s.,:/+-]*")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LINK_OR_CODE = re.compile(r"https?://|[\w-]{20,}$")
_ENOUGH_TO_DOUBT = 5
_WORDS_OF_A_MESSAGE = 4
_LEAST_PROSE = 2.0
_CLEAR_LEAD = 1.5
_LONGEST_COUNTED = 50
_SHOWN = 8


def check_names(names: Sequence[str]) -> None:
    """Refuses a table that was scored already.

    Args:
        names: Column names of the input.

    Raises:
        TableError: If one begins with `haineclf_`, which the added columns do.
    """
    scored = [name for name in names if name.strip().casefold().startswith(PREFIX)]
    if scored:
        message = (
            f"the input already has haineclf columns ({_listed(scored)}); "
            "score the original file, or remove or rename these columns first"
        )
        raise TableError(message)


def unique_names(names: Sequence[str]) -> list[str]:
    """Makes names that tell columns apart, for formats that look cells up by name.

    Args:
        names: Column names as they were read; any may be blank or come twice.

    Returns:
        `column_N` for a blank name, N counted from 1, and `_2`, `_3`… after a name that came before.
    """
    unique: list[str] = []
    taken = set(names)
    seen: set[str] = set()
    for position, name in enumerate(names, start=1):
        candidate = stem = name if name.strip() else f"column_{position}"
        number = 1
        while candidate in seen or (candidate != name and candidate in taken):
            number += 1
            candidate = f"{stem}_{number}"
        seen.add(candidate)
        unique.append(candidate)
    return unique


def find_text_column(names: Sequence[str], rows: Sequence[Sequence[object]], asked: str | None = None) -> int:
    """Finds the column that holds the messages, by its name, then by what is in it.

    Args:
        names: Column names.
        rows: A sample of rows, cells in the order of `names`.
        asked: Name that the caller gave; case, accents and spaces matter only when two names differ by them.

    Returns:
        Position of the column.

    Raises:
        TextColumnError: If the asked name is not there or there twice, or no column or several look right.
    """
    if asked is not None:
        return _asked_column(names, asked)
    columns = [[row[position] for row in rows] for position in range(len(names))]
    scores = [_prose(column) for column in columns]
    ranked = sorted(range(len(names)), key=lambda position: -scores[position])
    for usual in _USUAL_NAMES:
        known = [
            position
            for position, name in enumerate(names)
            if plain_name(name) in usual and not _holds_numbers(columns[position])
        ]
        if known:
            return _clear_winner([p for p in ranked if p in known], scores, names)
    if len(names) == 1:
        best = 0
    else:
        best = _clear_winner(ranked, scores, names)
        if scores[best] < _LEAST_PROSE:
            raise _unsure("no column looks like messages", ranked, names)
    if len(_WORD.findall(names[best])) >= _WORDS_OF_A_MESSAGE:
        message = f"the first row looks like a message, not a header ({names[best][:60]!r}); add a header row"
        raise _unsure(message, ranked, names)
    return best


def _asked_column(names: Sequence[str], asked: str) -> int:
    found = [position for position, name in enumerate(names) if name == asked]
    found = found or [position for position, name in enumerate(names) if plain_name(name) == plain_name(asked)]
    if len(found) == 1:
        return found[0]
    reason = f"{len(found)} columns are named {asked!r}; rename one" if found else f"there is no column {asked!r}"
    raise _unsure(reason, range(len(names)), names)


def _clear_winner(ranked: Sequence[int], scores: Sequence[float], names: Sequence[str]) -> int:
    if len(ranked) > 1 and scores[ranked[0]] < max(_CLEAR_LEAD * scores[ranked[1]], _LEAST_PROSE):
        raise _unsure("several columns may hold the messages", ranked, names)
    return ranked[0]


def _unsure(reason: str, ranked: Sequence[int], names: Sequence[str]) -> TextColumnError:
    candidates = [names[position] for position in ranked]
    message = f"{reason}; name the column with --text-column (text_column=), one of: {_listed(candidates)}"
    return TextColumnError(message, candidates)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def plain_name(name: str) -> str:
    """Takes off what people vary in column names: case, accents, spaces and punctuation.

    Args:
        name: Name of a column.

    Returns:
        Its letters and digits, lower case, without accents.
    """
    bare = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in bare if char.isalnum())


def _holds_numbers(cells: Sequence[object]) -> bool:
    """Whether it is a count or a date after all, as `Comment` is in some exports."""
    filled = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    return len(filled) >= _ENOUGH_TO_DOUBT and all(_NUMBER_OR_DATE.fullmatch(cell) for cell in filled)


def _prose(cells: Sequence[object]) -> float:
    """Mean number of words a row, less where cells repeat as categories and titles do."""
    filled = [cell for cell in cells if isinstance(cell, str) and cell.strip() and not _LINK_OR_CODE.match(cell)]
    if not filled:
        return 0.0
    words = sum(min(len(_WORD.findall(cell[:2000])), _LONGEST_COUNTED) for cell in filled)
    return words / len(cells) * len(set(filled)) / len(filled)
