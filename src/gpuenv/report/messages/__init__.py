"""Every sentence that gpuenv says, by code and language."""

from gpuenv.report.messages.catalog import Language, Sentence, language_of, phrase

__all__ = ["Language", "Sentence", "language_of", "phrase"]
