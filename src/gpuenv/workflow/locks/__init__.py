"""Makes locked files: one, those of a range of GPUs, or those of a project."""
