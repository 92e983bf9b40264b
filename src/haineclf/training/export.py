"""From a trained model to the folder that ships: safetensors, ONNX in 8 bits, tokenizer, manifest."""

from __future__ import annotations

import json
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from haineclf.artifact import ONNX_FILE, TOKENIZER_FILE

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_OPSET = 17


def export(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, *, per_channel: bool) -> None:
    """Writes what a model folder holds besides the manifest.

    Args:
        model: The trained model.
        tokenizer: Its tokenizer.
        folder: The folder, made when it is not there.
        per_channel: Whether each row of a matrix has a scale of its own; a little larger, often truer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(folder)  # fp16 halves the file; `transformers` reads it back as it is asked
    model.float()
    tokenizer.save_pretrained(folder)
    pieces = folder / TOKENIZER_FILE
    content = json.loads(pieces.read_text(encoding="utf-8"))  # its indentation is a third of the file
    pieces.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        full = Path(temporary) / "full.onnx"
        write_onnx(model, full)
        last = f"layer.{model.config.num_hidden_layers - 1}/"
        quantize_dynamic(
            full,
            folder / ONNX_FILE,
            weight_type=QuantType.QInt8,
            per_channel=per_channel,
            # What decides last stays in 32 bits: it costs 5 MB and keeps the answers near the whole model's.
            nodes_to_exclude=[
                node.name for node in onnx.load(full).graph.node if last in node.name or "classifier" in node.name
            ],
        )


def write_onnx(model: PreTrainedModel, path: Path) -> None:
    """Writes the model in 32 bits as ONNX, with free batch size and length.

    Args:
        model: The trained model.
        path: The file.
    """
    ids = torch.ones((2, 8), dtype=torch.long)
    axes = {0: "batch", 1: "pieces"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of branches that do not depend on the input
        torch.onnx.export(
            _Logits(model.eval()),
            (ids, torch.ones_like(ids)),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}},
            opset_version=_OPSET,
            dynamo=False,
        )


class _Logits(nn.Module):
    """The model as a function of two tensors."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self._model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._model(input_ids=ids, attention_mask=mask).logits
        return logits
