"""Whether the GPUs of a machine can be used, why not, and what mends it."""
