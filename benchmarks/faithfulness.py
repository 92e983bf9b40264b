"""Whether the words that the model names carry its scores, on messages of the test split.

python benchmarks/faithfulness.py [--answers 200]
"""

import argparse

from haineclf import Classifier
from haineclf.dataset import load_split
from haineclf.evaluation import faithfulness, markdown_table


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=200, help="how many labels with evidence to try")
    texts = [example.text for example in load_split("test").examples]
    print(markdown_table(faithfulness(Classifier(backend="camembert"), texts, answers=parser.parse_args().answers)))


if __name__ == "__main__":
    main()
