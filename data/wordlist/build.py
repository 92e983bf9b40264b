"""Makes the normaliser's list of French words from wordfreq's frequencies.

    pip install wordfreq==3.1.1 && python data/wordlist/build.py

A word that is only another one without its accents ("etre" beside "être") is left out, so that the normaliser
can tell a missing accent from a word of its own. Frequencies are Zipf values: log10 of occurrences per 1e9 words.
"""

from __future__ import annotations

import re
from pathlib import Path

from wordfreq import top_n_list, zipf_frequency

from haineclf.text.tokens import fold

OUT = Path(__file__).parents[2] / "src/haineclf/data/normaliser/words.txt"
LEAST = 2.3  # rarer words are mostly typing errors
DRAWN_OUT = re.compile(r"(.)\1\1")  # "nooon"
GAP = 0.9  # "pede" 2.2 beside "pédé" 3.1; "encule" 3.2 beside "enculé" 3.9 is a verb form of its own


def main() -> None:
    """Writes the list, commonest first."""
    frequency = {w: zipf_frequency(w, "fr") for w in top_n_list("fr", 200_000) if w.isalpha()}
    best_accented: dict[str, float] = {}
    for word, zipf in frequency.items():
        if fold(word) != word:
            best_accented[fold(word)] = max(zipf, best_accented.get(fold(word), 0))
    kept = [
        word
        for word, zipf in frequency.items()
        if zipf >= LEAST
        and not DRAWN_OUT.search(word)
        and not (word.isascii() and best_accented.get(word, 0) - zipf >= GAP)
    ]
    OUT.write_text("\n".join(kept) + "\n", encoding="utf-8")
    print(f"{len(kept)} words in {OUT.name}")


if __name__ == "__main__":
    main()
