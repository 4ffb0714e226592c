import pytest

pytest_plugins = ["testkit.plugin"]


@pytest.fixture(autouse=True)
def _no_elasticsearch(settings):
    """Switch Elasticsearch off, whatever the environment sets; the tests that need it switch it on."""
    settings.ELASTICSEARCH_URL = ""
