"""What the user has configured: project table, requirement files, pip settings."""
