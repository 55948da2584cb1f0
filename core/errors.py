"""What can go wrong, in two families.

::

    Refusal                the caller asked for something that is not to be had
    ├── NotFound           there is no such thing, or it is not the caller's
    ├── Conflict           somebody else has it, or was faster
    ├── Unauthenticated    who is asking is not known
    ├── Forbidden          who is asking is known, and may not
    ├── Invalid            the input can never be accepted as it is
    └── TooManyAttempts    not now; later, perhaps
    Unavailable            the house itself is not in order; nobody's input is to blame

Concrete errors live beside the function that raises them. The class name is the code a program reads, the first line
of the docstring is the message a person reads. Neither knows HTTP, and neither ever holds a secret.
"""

from typing import ClassVar


class Refusal(Exception):  # noqa: N818  a refusal is an answer, not a fault
    """The request was refused."""

    message: ClassVar[str] = "The request was refused."

    def __init_subclass__(cls) -> None:
        """Take the message from the docstring, so that there is only one of it."""
        cls.message = (cls.__doc__ or cls.__name__).partition("\n")[0]

    def __str__(self) -> str:
        return super().__str__() or self.message


class NotFound(Refusal):
    """There is no such thing."""


class Conflict(Refusal):
    """It is already taken."""


class Unauthenticated(Refusal):
    """Sign in first."""


class Forbidden(Refusal):
    """You may not do this."""


class Invalid(Refusal):
    """This can't be accepted."""


class TooManyAttempts(Refusal):
    """Too many attempts; try again later."""


class Unavailable(Exception):  # noqa: N818  a state, and the base of more exact names
    """Something that the house stands on is missing, wrong or down.

    The text says what, in one line and without secrets; ``remedy`` says what to do about it.
    """

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy
