"""The model backend: a CamemBERT encoder on ONNX Runtime."""

from haineclf.encoder.backend import EncoderBackend

__all__ = ["EncoderBackend"]
