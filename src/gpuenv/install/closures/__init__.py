"""What uv is asked: which packages a chosen family needs, with their files and hashes."""
