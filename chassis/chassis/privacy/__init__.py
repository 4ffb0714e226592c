"""Personal data: every service erases what it keeps of a person, says what it did, and hands out a copy."""
