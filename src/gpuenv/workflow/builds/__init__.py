"""Builds CUDA extensions for the target, or takes wheels that serve it."""
