"""Cutting a multilingual vocabulary down to the pieces that French uses."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from transformers import PreTrainedModel

_COMMONEST = 200_000
_SHOUTED = 20_000
_LATIN = range(0x20, 0x250)
_SIGNS = (range(0x2010, 0x2060), range(0x20A0, 0x20D0), range(0x2190, 0x2200), range(0x2600, 0x27C0))
_EMOJI = range(0x1F300, 0x1FB00)
_BATCH = 10_000


def french_texts(corpora: Iterable[str]) -> list[str]:
    """Gathers what a vocabulary for French messages must be able to write.

    Args:
        corpora: Messages of the corpora, normalised as in use.

    Returns:
        The 200,000 commonest words of `wordfreq` (Speer 2022) in lower case, capitalised and in capitals, the
        messages, and every Latin letter, punctuation sign and emoji.
    """
    from wordfreq import top_n_list

    words = top_n_list("fr", _COMMONEST)
    signs = [chr(code) for block in (_LATIN, *_SIGNS, _EMOJI) for code in block]
    written = [sign for sign in signs if unicodedata.category(sign) not in {"Cn", "Cc"}]
    return [
        *words,
        *(word.capitalize() for word in words),
        *(word.upper() for word in words[:_SHOUTED]),
        *corpora,
        *written,
    ]


def trim(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, texts: Iterable[str]
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Drops every piece that no text uses; what is left keeps its vector.

    Args:
        model: Model whose table of pieces is cut; changed in place.
        tokenizer: Its unigram tokenizer.
        texts: What must be written as before.

    Returns:
        The model and a new tokenizer.
    """
    waiting = list(texts)
    used: set[int] = set(tokenizer.all_special_ids)
    backend = tokenizer.backend_tokenizer
    for start in range(0, len(waiting), _BATCH):
        for encoding in backend.encode_batch_fast(waiting[start : start + _BATCH], add_special_tokens=False):
            used.update(encoding.ids)
    description = json.loads(backend.to_str())
    vocabulary = description["model"]["vocab"]
    kept = [number for number in range(len(vocabulary)) if number in used]
    place = {old: new for new, old in enumerate(kept)}
    description["model"]["vocab"] = [vocabulary[number] for number in kept]
    description["model"]["unk_id"] = place[description["model"]["unk_id"]]
    for token in description["added_tokens"]:
        token["id"] = place[token["id"]]
    for token in description["post_processor"]["special_tokens"].values():
        token["ids"] = [place[number] for number in token["ids"]]
    table = model.get_input_embeddings()
    cut = torch.nn.Embedding(len(kept), table.embedding_dim, padding_idx=place[tokenizer.pad_token_id])
    with torch.no_grad():
        cut.weight.copy_(table.weight[kept])
    model.set_input_embeddings(cut)
    model.config.vocab_size = len(kept)
    specials = {name: str(token) for name, token in tokenizer.special_tokens_map.items()}
    new = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(description)), **specials)
    new.model_max_length = tokenizer.model_max_length
    return model, new
