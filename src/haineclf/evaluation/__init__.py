"""How good a system is: figures with intervals, baselines beside it, and what it gets wrong."""

from haineclf.evaluation.faithfulness import faithfulness
from haineclf.evaluation.gold import read_gold
from haineclf.evaluation.measure import Evaluation, evaluate
from haineclf.evaluation.render import Table, as_json, markdown, markdown_table, shown
from haineclf.evaluation.run import Report, evaluate_split, evaluate_suites, evaluate_table
from haineclf.evaluation.systems import AlwaysYes, ClassifierSystem, System, TfidfBaseline, WordList

__all__ = [
    "AlwaysYes",
    "ClassifierSystem",
    "Evaluation",
    "Report",
    "System",
    "Table",
    "TfidfBaseline",
    "WordList",
    "as_json",
    "evaluate",
    "evaluate_split",
    "evaluate_suites",
    "evaluate_table",
    "faithfulness",
    "markdown",
    "markdown_table",
    "read_gold",
    "shown",
]
