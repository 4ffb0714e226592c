"""Pure rules: no Django, no I/O, no clock."""
