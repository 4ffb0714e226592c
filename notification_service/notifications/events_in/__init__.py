"""Messages that this service receives, about users, orders, returns and reviews."""

from chassis.inbox.handlers import handlers
from notifications.events_in.orders import ORDERS
from notifications.events_in.returns import RETURNS
from notifications.events_in.reviews import REVIEWS
from notifications.events_in.users import USERS

HANDLERS = handlers(*USERS, *ORDERS, *RETURNS, *REVIEWS)
