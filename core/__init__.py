"""What can be done. Apps import their nouns from here: ``from core import sessions, users``."""
