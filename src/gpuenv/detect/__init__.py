"""Machine and interpreters become facts."""
