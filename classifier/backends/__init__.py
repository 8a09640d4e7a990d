"""Runtimes of the encoder (OpenVINO, ONNX Runtime, torch), one module each behind the protocol in base.py."""
