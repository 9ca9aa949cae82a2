"""Training in NumPy and in Keras: graphs forwards and backwards, rewrites, optimizers, loops, checkpoints."""
