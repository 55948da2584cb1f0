"""What a program says while it works."""
