import os

from django.core.wsgi import get_wsgi_application

from chassis import discovery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviews.config.settings")

application = get_wsgi_application()
discovery.announce()
