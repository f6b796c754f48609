"""What a capacity of a cloud is called."""

from api.words import Words


def capacity(what: str, say: Words) -> str:
    """cloud:YUN-1:arm:cores → YUN-1 arm CPU 核数"""
    _, *whose, field = what.split(":")
    return " ".join((*whose, say(f"capacity.{field}")))
