"""What a diagnosis looks at beside the text, and the repair that it names."""
