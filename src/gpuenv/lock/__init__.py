"""A resolution becomes a locked file here, and a locked file is read back."""
