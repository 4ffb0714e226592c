"""The threads of this process that talk to the provider."""

from django.conf import settings

from chassis.work.pool import Pool

POOL = Pool("provider", lambda: settings.PAYMENT_CALL_THREADS if settings.PAYMENT_CALLS_AT_ONCE else 0)
