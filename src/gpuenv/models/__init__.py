"""The nouns of gpuenv: frozen values, one file per station in flow order."""
