"""One rule for each kind of value that people write, used by form, API, import and message alike.

Each function returns the value in its normal form and raises InvalidValue for what breaks the rule.
"""
