"""CUDA extensions are rebuilt for the target."""
