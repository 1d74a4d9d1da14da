"""The numbered sources that tell of GPUs and their driver."""
