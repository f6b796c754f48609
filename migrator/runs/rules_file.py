"""The engine's rules from their TOML file; every mistake is told with its line."""

from pathlib import Path

from pydantic import ValidationError

from inventory.errors import PackError, PackFault, PackRefused
from inventory.policies.faults import of_validation
from inventory.policies.loader import read_toml
from migrator.errors import MeansRefused
from migrator.runs.rules import EngineRules


def read_rules(path: Path) -> EngineRules:
    """Raises MeansRefused with every mistake: file, line, what was read, what is expected."""
    try:
        raw, places = read_toml(path)
    except PackRefused as refused:
        raise MeansRefused(refused.faults) from refused
    except PackError as error:
        raise MeansRefused([PackFault(path.name, 0, "—", "", str(error.__cause__))]) from error
    try:
        return EngineRules.model_validate(raw)
    except ValidationError as error:
        raise MeansRefused(of_validation(error, EngineRules, path, places)) from error
