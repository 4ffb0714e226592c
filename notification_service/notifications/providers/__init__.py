"""Who takes mails, SMS and push messages from here to the customer."""
