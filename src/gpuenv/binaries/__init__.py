"""Native libraries become lists of GPU code objects: facts, no verdict."""
