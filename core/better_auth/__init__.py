"""What a better-auth application writes, and how it is read: formats, and nothing of ours."""
