"""The commands of this service: keyword-only functions, one transaction each."""

from notifications.commands.campaigns import advance_campaign, start_campaign, stop_campaign
from notifications.commands.contacts import delete_choices, erase_customer, mark_email_verified, record_contact
from notifications.commands.deliveries import (
    delete_old_notifications,
    give_up_delivery,
    lease_deliveries,
    mark_sending,
    retry_delivery,
    schedule_retry,
    settle_dropped,
    settle_refused,
    settle_sent,
)
from notifications.commands.devices import delete_device, register_device, remove_device
from notifications.commands.notifications import mark_all_read, mark_read, notify
from notifications.commands.preferences import choose_preferences, unsubscribe
from notifications.commands.tickets import delete_old_tickets, issue_ticket, use_ticket
from notifications.commands.updates import (
    close_stream,
    delete_old_updates,
    record_step,
    record_update,
    release_held_updates,
)
