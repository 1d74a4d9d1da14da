"""Values become terminal text and JSON here, and nowhere else."""
