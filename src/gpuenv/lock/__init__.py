"""A resolution becomes a locked file, and a locked file is read back."""
