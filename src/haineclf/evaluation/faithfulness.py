"""Whether the words that a model names carry its scores (erasure, after DeYoung et al. 2020)."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

from haineclf.evaluation.render import Table
from haineclf.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from haineclf.classifier import Classifier
    from haineclf.results import Prediction

_DRAWS = 10


def faithfulness(classifier: Classifier, texts: Sequence[str], *, answers: int = 200) -> Table:
    """Takes the named words out, and as many words at random, and sees how far the label's probability falls.

    An answer whose evidence is every word of the message is left out: nothing else could be taken out instead.

    Args:
        classifier: The classifier; its evidence is asked for with `explain`.
        texts: Messages; they are read in random order until there are enough answers.
        answers: From how many answers on, a label of a message each, no more are tried.

    Returns:
        A row per label: answers, mean fall without the named words, mean fall without random words.
    """
    chance = random.Random(0)
    falls: dict[Label, list[tuple[float, float]]] = {label: [] for label in Label}
    for text in chance.sample(texts, len(texts)):
        if sum(map(len, falls.values())) >= answers:
            break
        words = text.split()
        prediction = classifier.classify(text, explain=True)
        for label in prediction.labels:
            named = _named(prediction, words, label)
            if not named or len(named) == len(words):
                continue
            without = [_without(words, named)]
            without += [_without(words, set(chance.sample(range(len(words)), len(named)))) for _ in range(_DRAWS)]
            scores = classifier.scores(without)[:, list(Label).index(label)]
            before = prediction.scores[label]
            falls[label].append((float(before - scores[0]), float(before - scores[1:].mean())))
    rows = []
    for label, pairs in falls.items():
        shown = [f"{fall:.2f}" for fall in np.mean(pairs, axis=0)] if pairs else ["–", "–"]
        rows.append([label.value, str(len(pairs)), *shown])
    columns = ("label", "answers", "without the named words", "without as many at random")
    return Table("faithfulness", "Mean fall of the probability", columns, rows)


def _named(prediction: Prediction, words: Sequence[str], label: Label) -> set[int]:
    """Numbers of the words that the evidence touches."""
    named, place = set(), 0
    for number, word in enumerate(words):
        start = prediction.text.index(word, place)
        place = start + len(word)
        if any(one.label is label and one.start < place and start < one.end for one in prediction.evidence):
            named.add(number)
    return named


def _without(words: Sequence[str], taken: set[int]) -> str:
    return " ".join(word for number, word in enumerate(words) if number not in taken)
