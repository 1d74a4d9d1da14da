"""Chooses the builds and plans the steps; pure."""
