"""Tools and libraries of a machine that a person asked for help would want to know."""
