"""Tables in, the same tables with answers out: CSV, TSV, JSONL and Parquet, in constant memory."""

from haineclf.tabular.score import Progress, Summary, score_table

__all__ = ["Progress", "Summary", "score_table"]
