"""Tables in, the same tables with answers out: CSV, TSV, JSONL and Parquet, in constant memory."""

from haineclf.tabular.columns import find_text_column, plain_name
from haineclf.tabular.readers import open_reader
from haineclf.tabular.score import Progress, Summary, score_table

__all__ = ["Progress", "Summary", "find_text_column", "open_reader", "plain_name", "score_table"]
