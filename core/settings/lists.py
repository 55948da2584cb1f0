"""Settings that hold several words."""


def split(value: object) -> object:
    """The words of ``one,two``."""
    return tuple(word.strip() for word in value.split(",")) if isinstance(value, str) else value
