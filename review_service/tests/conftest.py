import pytest

pytest_plugins = ["testkit.plugin"]


@pytest.fixture(autouse=True)
def _no_elasticsearch(settings):
    """Tests that need it say so, whatever the environment says."""
    settings.ELASTICSEARCH_URL = ""
