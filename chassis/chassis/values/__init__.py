"""One rule for each kind of value that people enter, for forms, APIs, imports and messages.

Each function returns the normalized value and raises InvalidValue.
"""
