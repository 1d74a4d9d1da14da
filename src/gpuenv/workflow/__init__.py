"""Conducts the stations; the only room that knows them all."""
