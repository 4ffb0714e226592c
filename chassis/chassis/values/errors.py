from __future__ import annotations


class InvalidValue(ValueError):
    """The text violates the rule for its kind of value; `code` is for programs, the message for people."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message, self.code = message, code
