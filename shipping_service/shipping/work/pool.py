"""The threads of a process that work right after the commit."""

from django.conf import settings

from chassis.work.pool import Pool

POOL = Pool("carrier", lambda: settings.CARRIER_THREADS)
