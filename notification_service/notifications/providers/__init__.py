"""The providers of e-mail, SMS and push, and the channel layer of the sockets."""
