"""Installs what a lock holds, once it is known to be for this machine."""
