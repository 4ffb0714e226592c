import os

from django.core.wsgi import get_wsgi_application

from chassis import discovery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "users.config.settings")

application = get_wsgi_application()

from users import hashers  # noqa: E402 (after Django is set up)
from users.providers import keys  # noqa: E402

keys.ring().signing()  # production does not start without a key
hashers.dummy_hash()  # so that the first guess takes no longer than the others
discovery.announce()
