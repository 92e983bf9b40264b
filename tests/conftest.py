from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from haineclf import Label

if TYPE_CHECKING:
    from pathlib import Path

WORDS = (
    "je tu vous il on va vais tuer pédé connard bonjour merci le la les à et sale crève demain chat gare voisin".split()
)


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CamemBERT of two layers with a unigram tokenizer of a few hundred pieces, as a folder."""
    import torch
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import CamembertConfig, CamembertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    letters = "abcdefghijklmnopqrstuvwxyzéèêàçùABCDEFGHIJKLMNOPQRSTUVWXYZ'!?.,:@*0123456789"
    vocabulary = [(piece, 0.0) for piece in ("<s>", "<pad>", "</s>", "<unk>")]
    vocabulary += [(f"▁{word}", -2.0) for word in WORDS] + [(word, -3.0) for word in WORDS]
    vocabulary += [(letter, -5.0) for letter in letters if letter not in WORDS] + [("▁", -4.0), ("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>",
        unk_token="<unk>", pad_token="<pad>", mask_token="<mask>",
    )  # fmt: skip
    fast.model_max_length = 64
    torch.manual_seed(0)
    config = CamembertConfig(
        vocab_size=len(fast), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=66, type_vocab_size=1, bos_token_id=0, pad_token_id=1, eos_token_id=2,
    )  # fmt: skip
    CamembertModel(config, add_pooling_layer=False).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder that has learnt that `connard` insults and `tuer` threatens."""
    from transformers import AutoTokenizer

    from haineclf.artifact import ONNX_FILE, TOKENIZER_FILE, Manifest, Scale, sha256, write_manifest
    from haineclf.text import NORMALIZER_VERSION
    from haineclf.training.export import export
    from haineclf.training.finetune import FinetuneConfig, finetune
    from haineclf.training.rows import Row

    rows = [
        Row(f"{start} {word} {end}", tuple(float(yes) for yes in targets))
        for start in ("je", "tu", "bonjour le", "demain")
        for end in ("demain", "à la gare", "le voisin", "et merci")
        for word, targets in (
            ("connard", (1, 0, 0, 0)), ("tuer", (0, 1, 0, 0)), ("sale pédé", (1, 0, 0, 1)), ("chat", (0, 0, 0, 0)),
        )
    ]  # fmt: skip
    work, folder = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    config = FinetuneConfig(
        epochs=30,
        batch_size=16,
        learning_rate=5e-3,
        head_learning_rate=5e-3,
        layer_decay=1.0,
        max_length=32,
        bf16=False,
    )
    export(finetune(rows, tiny_encoder, work, tokenizer, config), tokenizer, folder, per_channel=True)
    half = dict.fromkeys(Label, 0.5)
    files = {name: sha256(folder / name) for name in (ONNX_FILE, TOKENIZER_FILE)}
    scales = dict.fromkeys(Label, Scale(1.0, 0.0))
    write_manifest(folder, Manifest("tiny", "1", NORMALIZER_VERSION, 32, scales, half, half, files))
    return folder
