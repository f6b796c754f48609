"""The lines of runs in one order that never changes while this process lives: page, stream and search
share its numbers, so that a stream that was cut goes on without a gap and without a repeat.

A cursor is `EPOCH.NUMBER`; one of another epoch (the process started anew) makes the page load anew.
"""

import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrator.run_log import Line, fresh
from api.show.run_lines import told
