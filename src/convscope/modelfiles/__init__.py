"""Models as files: read, checked before anything is built, written; Keras' own files and ONNX."""

__all__: list[str] = []
