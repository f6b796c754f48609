"""Why a visit failed, on its way to becoming a value: nothing of it leaves the package."""

from inventory.facts import Failure


class Broken(Exception):
    """A visit ended before it had facts. `said`: what was met, without secrets."""

    def __init__(self, failure: Failure, said: str = "", *, found_key: str = "") -> None:
        super().__init__(f"{failure}: {said}")
        self.failure, self.said, self.found_key = failure, said, found_key
