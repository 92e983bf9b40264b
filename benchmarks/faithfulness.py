"""Whether the words that the model names carry its scores: what their removal costs beside that of random words.

    python benchmarks/faithfulness.py [--messages 200]

Over messages of the test split for which the model gives a label: mean fall of the label's probability when the named
words are taken out, and when as many words are taken out at random (ten draws).
"""

import argparse
import random

import numpy as np

from haineclf import Classifier, Label
from haineclf.dataset import load_split


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200)
    wanted = parser.parse_args().messages
    chance = random.Random(0)
    classifier = Classifier(backend="camembert")
    examples = list(load_split("test").examples)
    chance.shuffle(examples)
    falls: dict[Label, list[tuple[float, float]]] = {label: [] for label in Label}
    for example in examples:
        if sum(map(len, falls.values())) >= wanted:
            break
        words = example.text.split()
        answer = classifier.classify(example.text, explain=True)
        for label in answer.labels:
            named = {
                number for number, span in enumerate(_spans(example.text)) if _touched(span, answer.evidence, label)
            }
            if not named or len(named) >= len(words):
                continue
            without = [_without(words, named)]
            without += [_without(words, set(chance.sample(range(len(words)), len(named)))) for _ in range(10)]
            scores = classifier.scores(without)[:, list(Label).index(label)]
            falls[label].append((answer.scores[label] - scores[0], answer.scores[label] - scores[1:].mean()))
    print(f"{'label':16}{'answers':>8}{'named':>8}{'random':>8}")
    for label, pairs in falls.items():
        if pairs:
            named_fall, random_fall = np.mean(pairs, axis=0)
            print(f"{label:16}{len(pairs):8}{named_fall:8.2f}{random_fall:8.2f}")


def _spans(text: str) -> list[tuple[int, int]]:
    spans, place = [], 0
    for word in text.split():
        place = text.index(word, place)
        spans.append((place, place + len(word)))
        place += len(word)
    return spans


def _touched(span: tuple[int, int], evidence: tuple, label: Label) -> bool:
    return any(one.label is label and one.start < span[1] and span[0] < one.end for one in evidence)


def _without(words: list[str], taken: set[int]) -> str:
    return " ".join(word for number, word in enumerate(words) if number not in taken)


if __name__ == "__main__":
    main()
