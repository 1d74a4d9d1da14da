"""Package indexes become lists of wheels."""
