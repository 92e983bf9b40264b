"""The model card, written when a model is saved (Mitchell et al. 2019)."""

from __future__ import annotations

from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from haineclf.evaluation import markdown_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from haineclf.artifact import Manifest
    from haineclf.evaluation import Evaluation, Report

_SIZE = 260
_EDGE = 30
_SHOWN = 8
_TABLES = {"compare", "labels", "confusion", "stratum", "length"}
_COLOURS = ("#b45309", "#c2410c", "#b91c1c", "#7e22ce")


def write_card(folder: Path, manifest: Manifest, split: Report, suites: Report, facts: Mapping[str, object]) -> None:
    """Writes `README.md` and `calibration.svg` of a model folder.

    Args:
        folder: The model folder.
        manifest: Its manifest.
        split: Figures on the test split, baselines beside it.
        suites: Figures on the suites.
        facts: What only the training knows; the names are the template's.
    """
    evaluation: Evaluation = split.figures["evaluation"]
    (folder / "calibration.svg").write_text(reliability_plot(evaluation), encoding="utf-8")
    ours = evaluation.systems[0].name
    shown_tables = [part for part in split.tables if part.name in _TABLES and ours in part.title]
    text = Template((files("haineclf.training") / "card.md").read_text(encoding="utf-8"))
    filled = text.substitute(
        facts,
        name=manifest.name,
        version=manifest.version,
        normalizer=manifest.normalizer_version,
        max_length=manifest.max_length,
        subject=split.title,
        tables="\n\n".join(map(markdown_table, shown_tables)),
        suites="\n\n".join(markdown_table(part) for part in suites.tables if part.name != "failures"),
        failures="\n".join(_weakest(suites)),
        files="\n".join(f"- `{name}`: sha256 `{digest}`" for name, digest in manifest.files.items()),
    )
    (folder / "README.md").write_text(filled, encoding="utf-8")


def reliability_plot(evaluation: Evaluation) -> str:
    """Draws the reliability table of the first system: score across, share that holds up.

    Args:
        evaluation: Figures with a calibration.

    Returns:
        An SVG document.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE + 170} {_SIZE + 2 * _EDGE}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect x="{_EDGE}" y="{_EDGE}" width="{_SIZE}" height="{_SIZE}" fill="none" stroke="#999"/>',
        f'<path d="M{_EDGE} {_EDGE + _SIZE}L{_EDGE + _SIZE} {_EDGE}" stroke="#999" stroke-dasharray="4"/>',
        f'<text x="{_EDGE}" y="{_SIZE + _EDGE + 20}">0 – score – 1</text>',
        f'<text x="{_EDGE}" y="{_EDGE - 8}">share of messages that have the label, 0 to 1</text>',
    ]
    for number, one in enumerate(evaluation.systems[0].calibration):
        points = [(row.mean_score, row.rate) for row in one.bins if row.count]
        line = " ".join(f"{_EDGE + _SIZE * x:.1f},{_EDGE + _SIZE * (1 - y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{_COLOURS[number]}" stroke-width="2"/>')
        place = _EDGE + 16 * (number + 1)
        named = f"{one.label} (ECE {one.ece:.3f})"
        parts.append(f'<text x="{_SIZE + _EDGE + 10}" y="{place}" fill="{_COLOURS[number]}">{named}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _weakest(suites: Report) -> list[str]:
    about = {row[0]: row[-1] for part in suites.tables if part.name == "functionalities" for row in part.rows}
    failed = {row[0]: row for part in suites.tables if part.name == "failures" for row in reversed(part.rows)}
    ranked = sorted((one for one in suites.figures["suites"] if one["applied"]), key=lambda one: one["pass_rate"])
    lines = ["The functionalities it fails most, with one message that it got wrong:", ""]
    for one in ranked[:_SHOWN]:
        name = one["name"]
        lines.append(f"- {about[name]} (`{name}`, {one['pass_rate']:.0%} passed)")
        if name in failed:
            _, wanted, found, message = failed[name]
            lines[-1] += f": “{message}” is {wanted} and was given {found}"
    return lines
