"""What a better-auth application writes, and how it is read and written: formats, and nothing of ours.

Nothing here knows a table, and nothing makes chance: what is random is handed in. What comes from outside (cookies,
tokens, stored text) is read or refused, and raises nothing but what a docstring names.
"""
