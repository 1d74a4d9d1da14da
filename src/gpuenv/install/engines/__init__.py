"""What runs the commands of a plan: uv or pip, behind one protocol."""
