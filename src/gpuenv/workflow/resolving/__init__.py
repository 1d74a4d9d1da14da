"""From what was asked to a resolution: requirements, pages, installed packages."""
