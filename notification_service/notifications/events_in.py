"""What this service receives, one short handler each."""

from chassis.inbox.handlers import handlers

HANDLERS = handlers()
