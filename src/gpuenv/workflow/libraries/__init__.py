"""Reads the native libraries of an environment and judges them for GPUs."""
