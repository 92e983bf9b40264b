"""Supervised training of an encoder with one output per label, by Hugging Face's `Trainer`."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

from haineclf.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from haineclf.training.rows import Row

_UNKNOWN = -1.0
_HEAD = "classifier"
STAGE_FILE = "stage.json"


@dataclass(frozen=True, slots=True)
class FinetuneConfig:
    """How a stage trains.

    Attributes:
        epochs: Passes over the rows; may be a fraction.
        batch_size: Rows a step.
        learning_rate: Highest rate of the topmost encoder layer.
        head_learning_rate: Highest rate of the classification head.
        layer_decay: Factor on the rate from one layer to the one below, in (0, 1].
        head_warmup_steps: Steps in which only the head learns, so that a fresh head does not spoil the body.
        warmup_ratio: Share of the steps in which the rates rise from 0.
        weight_decay: Of AdamW.
        max_length: Longest input in pieces; longer messages are cut.
        freeze_embeddings: Whether the table of pieces stays as it is.
        focal_gamma: Exponent of the focal loss (Lin et al. 2017); 0 for cross-entropy.
        positive_weight: Weight of a label that holds against one that does not.
        label_smoothing: How far targets are drawn from 0 and 1, in [0, 0.5).
        bf16: Whether to multiply in bfloat16, which a processor that knows it does in two thirds of the time.
        seed: Seed of the head, the order and the dropout.
        save_steps: Steps between checkpoints, from which a stopped stage goes on.
    """

    epochs: float = 4.0
    batch_size: int = 32
    learning_rate: float = 1e-4
    head_learning_rate: float = 5e-4
    layer_decay: float = 0.9
    head_warmup_steps: int = 0
    warmup_ratio: float = 0.06
    weight_decay: float = 0.01
    max_length: int = 128
    freeze_embeddings: bool = False
    focal_gamma: float = 0.0
    positive_weight: float = 1.0
    label_smoothing: float = 0.0
    bf16: bool = True
    seed: int = 0
    save_steps: int = 200

    def with_seed(self, seed: int) -> FinetuneConfig:
        """The same with another seed."""
        return replace(self, seed=seed)


def finetune(
    rows: Sequence[Row], encoder: Path, output: Path, tokenizer: PreTrainedTokenizerBase, config: FinetuneConfig
) -> PreTrainedModel:
    """Trains a stage and saves it; a stopped stage goes on from its last checkpoint.

    Args:
        rows: What to learn; each row has a target in [0, 1] per output, or None where it is not known.
        encoder: Folder of the encoder or of the stage before.
        output: Folder to save the stage in; checkpoints go to `checkpoints` within.
        tokenizer: The tokenizer of the encoder.
        config: How to train.

    Returns:
        The trained model.
    """
    torch.manual_seed(config.seed)
    outputs = len(rows[0].targets)
    model = AutoModelForSequenceClassification.from_pretrained(
        encoder,
        num_labels=outputs,
        problem_type="multi_label_classification",
        ignore_mismatched_sizes=True,
        dtype=torch.float32,  # exported folders hold 16 bits, in which training overflows
    )
    if outputs == len(Label):
        model.config.id2label = dict(enumerate(label.value for label in Label))
        model.config.label2id = {label.value: number for number, label in enumerate(Label)}
    if config.freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    steps = max(1, int(config.epochs * len(rows) / config.batch_size))
    arguments = TrainingArguments(
        output_dir=str(output / "checkpoints"),
        per_device_train_batch_size=config.batch_size,
        num_train_epochs=config.epochs,
        warmup_steps=int(config.warmup_ratio * steps),
        lr_scheduler_type="linear",
        train_sampling_strategy="group_by_length",
        remove_unused_columns=False,
        save_steps=config.save_steps,
        save_total_limit=1,
        logging_steps=25,
        report_to=[],
        bf16=config.bf16,
        disable_tqdm=True,
        use_cpu=not torch.cuda.is_available(),
        seed=config.seed,
    )
    trainer = _Trainer(
        config,
        model=model,
        args=arguments,
        train_dataset=_Encoded(rows, tokenizer, config.max_length),
        data_collator=_Collator(tokenizer),
    )
    # The state is written last: a checkpoint without it was cut off while it was saved.
    whole = [path.parent for path in (output / "checkpoints").glob("checkpoint-*/trainer_state.json")]
    newest = max(whole, key=lambda path: int(path.name.split("-")[1]), default=None)
    trainer.train(resume_from_checkpoint=str(newest) if newest else None)
    model.save_pretrained(output)
    tokenizer.save_pretrained(output)
    trainer.save_log(output / "log.csv")
    spent = {
        "rows": len(rows),
        "seconds": round(sum(one.get("train_runtime", 0.0) for one in trainer.state.log_history)),
    }
    (output / STAGE_FILE).write_text(json.dumps(spent) + "\n", encoding="utf-8")
    return model.eval()


class _Encoded(torch.utils.data.Dataset[dict[str, Any]]):
    """Rows as pieces; a row that varies gives another variant each time it is asked for."""

    def __init__(self, rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, max_length: int) -> None:
        self._rows = rows
        self._tokenizer = tokenizer
        self._max_length = max_length

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        row = self._rows[index]
        encoded = self._tokenizer(row.vary(), truncation=True, max_length=self._max_length)
        targets = [_UNKNOWN if target is None else target for target in row.targets]
        return {"input_ids": encoded["input_ids"], "labels": targets, "weight": row.weight}


class _Collator:
    """Pads a batch."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer

    def __call__(self, items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        batch = self._tokenizer.pad({"input_ids": [item["input_ids"] for item in items]}, return_tensors="pt")
        return {
            "input_ids": batch["input_ids"],
            "attention_mask": batch["attention_mask"],
            "labels": torch.tensor([item["labels"] for item in items]),
            "weight": torch.tensor([item["weight"] for item in items]),
        }


class _Trainer(Trainer):  # type: ignore[misc]
    """The `Trainer` with masked targets and rates of their own for head and layers."""

    def __init__(self, config: FinetuneConfig, **options: Any) -> None:  # noqa: ANN401 - those of Trainer
        self._config = config
        self._warming = False
        super().__init__(**options)

    def create_optimizer(self) -> torch.optim.Optimizer:
        optimizer: torch.optim.Optimizer | None = getattr(self, "optimizer", None)
        if optimizer is None:
            groups = list(_parameter_groups(self.model, self._config))
            optimizer = torch.optim.AdamW(groups, weight_decay=self._config.weight_decay, fused=True)
            self.optimizer = optimizer
        return optimizer

    def compute_loss(
        self, model: PreTrainedModel, inputs: dict[str, torch.Tensor], return_outputs: bool = False, **_: object
    ) -> Any:  # noqa: ANN401 - as in Trainer
        warming = self.state.global_step < self._config.head_warmup_steps
        if warming != self._warming:
            self._warming = warming
            model.base_model.requires_grad_(not warming)
            if self._config.freeze_embeddings:
                model.get_input_embeddings().requires_grad_(False)
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        loss = masked_loss(outputs.logits.float(), inputs["labels"], inputs["weight"], self._config)
        return (loss, outputs) if return_outputs else loss

    def save_log(self, path: Path) -> None:
        """Writes what was logged as CSV."""
        rows = [row for row in self.state.log_history if "loss" in row]
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, ["step", "epoch", "loss", "learning_rate"], extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)


def masked_loss(
    logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor, config: FinetuneConfig
) -> torch.Tensor:
    """Mean binary loss over the targets that are known.

    Args:
        logits: Shape (n, k).
        targets: Shape (n, k), in [0, 1]; negative where not known.
        weights: Weight of each row, shape (n,).
        config: Smoothing, focal exponent and weight of what holds.

    Returns:
        A scalar.
    """
    known = (targets >= 0).float() * weights[:, None]
    truth = targets.clamp(min=0)
    smooth = truth * (1 - 2 * config.label_smoothing) + config.label_smoothing
    loss = nn.functional.binary_cross_entropy_with_logits(logits, smooth, reduction="none")
    loss = loss * (1 + (config.positive_weight - 1) * truth)
    if config.focal_gamma:
        loss = loss * (torch.sigmoid(logits) - truth).abs() ** config.focal_gamma
    return (loss * known).sum() / known.sum().clamp(min=1)


def _parameter_groups(model: PreTrainedModel, config: FinetuneConfig) -> Iterator[dict[str, Any]]:
    """The head, then each layer from the top at a decayed rate, the embeddings last."""
    layers = model.config.num_hidden_layers
    rates: dict[float, list[nn.Parameter]] = {}
    rate: float
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith(_HEAD):
            rate = config.head_learning_rate
        else:
            found = re.search(r"\.layers?\.(\d+)\.", name)
            below = layers - 1 - int(found[1]) if found else layers
            rate = config.learning_rate * config.layer_decay**below
        rates.setdefault(rate, []).append(parameter)
    for rate, parameters in rates.items():
        yield {"params": parameters, "lr": rate}
