"""LabError: the lab could not be made or used; the message says which command said what."""


class LabError(Exception):
    pass
