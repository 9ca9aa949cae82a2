"""Training in NumPy and in Keras: graphs forwards and backwards, rewrites, optimizers, loops, checkpoints."""

__all__: list[str] = []
