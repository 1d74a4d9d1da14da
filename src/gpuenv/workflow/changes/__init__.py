"""Carries a plan out in an environment: consent, space, proof."""
