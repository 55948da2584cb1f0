"""Secrets: how they are made, compared and kept."""
