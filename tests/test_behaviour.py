from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from haineclf import Label
from haineclf.behaviour import Kind, filled, load_suites, run_fairness, run_suites
from haineclf.dataset import data_folder
from haineclf.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SUITE = """
- name: plain
  kind: MFT
  about: A plain insult.
  judged: [insult]
  cases:
    - {text: con, labels: [insult]}
    - {text: con PD, labels: [insult, homophobia]}
    - {text: bonjour, labels: []}
    - {text: idiot, labels: [insult]}
- name: capitals
  kind: INV
  about: Capitals change nothing.
  cases:
    - {text: con, changed: con encore, labels: [insult]}
    - {text: con, changed: CON, labels: [insult]}
- name: denied
  kind: DIR
  about: A denial lowers the score.
  judged: [insult]
  direction: down
  cases:
    - {text: con, changed: pas un mot, labels: [insult]}
    - {text: con, changed: con encore, labels: [insult]}
    - {text: idiot, changed: pas un mot, labels: [insult]}
- name: worse
  kind: DIR
  about: A slur raises the score.
  judged: [insult]
  direction: up
  cases:
    - {text: bonjour, changed: bonjour con, labels: []}
    - {text: bonjour, changed: bonjour ami, labels: []}
"""
FAIRNESS = """
terms:
  - {term: gay, group: orientation, text: mon voisin gay, feminine: false}
  - {term: Aïcha, group: first name, text: ma voisine Aïcha, feminine: true}
frames:
  - {kind: neutral, labels: [], text: "{term} est venu{|e} dîner."}
  - {kind: positive, labels: [], text: "J'aime bien {term}."}
  - {kind: abusive, labels: [insult], text: "{term} est un{|e} con{|ne}."}
"""


def says_con(texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    scores = np.array([[0.9 * ("con" in text.split()), 0, 0, 0.6 * ("gay" in text)] for text in texts])
    return scores, scores >= 0.5


def write(folder: Path, suite: str, name: str = "plain.yaml") -> Path:
    (folder / "suites").mkdir(exist_ok=True)
    (folder / "suites" / name).write_text(suite, encoding="utf-8")
    return folder


def test_each_kind_passes_fails_and_does_not_apply_as_it_should(tmp_path: Path) -> None:
    outcomes = {o.functionality.name: o for o in run_suites(load_suites(write(tmp_path, SUITE)), says_con)}
    assert [case.text for case, _ in outcomes["plain"].failures] == ["idiot"]
    assert outcomes["plain"].pass_rate == 0.75
    assert [(case.changed, given) for case, given in outcomes["capitals"].failures] == [
        ("CON", (frozenset({Label.INSULT}), frozenset()))
    ]
    assert outcomes["denied"].skipped == 1
    assert [case.changed for case, _ in outcomes["denied"].failures] == ["con encore"]
    assert [case.changed for case, _ in outcomes["worse"].failures] == ["bonjour ami"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (SUITE.replace("direction: down", ""), "denied"),
        (SUITE.replace("kind: INV", "kind: XYZ"), "capitals"),
        (SUITE.replace(", changed: CON,", ","), "capitals"),
        (SUITE.replace("labels: [insult, homophobia]", "labels: [rude]"), "plain"),
        (SUITE + SUITE.split("- name: capitals")[0], "twice"),
        ("- [", "not YAML"),
    ],
)
def test_a_bad_suite_is_named(tmp_path: Path, broken: str, reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        load_suites(write(tmp_path, broken))


def test_fairness_counts_each_term_over_all_frames(tmp_path: Path) -> None:
    rates, gaps = run_fairness(write(tmp_path, FAIRNESS, "fairness.yaml"), says_con)
    assert [(r.term, r.false_positive_rate, r.false_negative_rate) for r in rates] == [("gay", 1, 1), ("Aïcha", 0, 1)]
    assert gaps == (1, 0)


def test_frames_agree_with_their_term() -> None:
    frame = "hier, {term} est venu{|e} : {il|elle} va bien."
    assert filled(frame, "mon voisin gay", feminine=False) == "Hier, mon voisin gay est venu : il va bien."
    assert filled(frame, "ma voisine Aïcha", feminine=True) == "Hier, ma voisine Aïcha est venue : elle va bien."


def test_shipped_suites_are_wide_and_valid() -> None:
    suites = load_suites(data_folder())
    assert len(suites) >= 60
    assert all(len(functionality.cases) == 25 for functionality in suites)
    assert {functionality.kind for functionality in suites} == set(Kind)
    assert {label for functionality in suites for label in functionality.judged} == set(Label)
    texts = [case.text for functionality in suites for case in functionality.cases]
    assert len(set(texts)) >= 0.98 * len(texts)
