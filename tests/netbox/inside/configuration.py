"""NetBox's configuration, copied to conf/ of its folder: facts.json beside it (0600) says the rest."""

import json
from pathlib import Path

_facts = json.loads((Path(__file__).parent / "facts.json").read_text(encoding="utf-8"))

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _facts["database"],
        "USER": "postgres",
        "HOST": _facts["postgres"],
        # As people run it; a connection that a reset has cut is found at the next request.
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
    }
}
REDIS = {
    "tasks": {"URL": f"unix://{_facts['redis']}?db=0"},
    "caching": {"URL": f"unix://{_facts['redis']}?db=1"},
}
SECRET_KEY = _facts["secret_key"]
API_TOKEN_PEPPERS = {1: _facts["pepper"]}
TIME_ZONE = "Asia/Shanghai"
# It talks to nobody but its clients.
ISOLATED_DEPLOYMENT = True
CENSUS_REPORTING_ENABLED = False
RELEASE_CHECK_URL = None
