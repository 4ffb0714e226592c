"""Messages leave with the rows that caused them: recorded in the same transaction, sent by a relay."""
