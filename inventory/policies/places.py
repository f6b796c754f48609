"""On which line of a TOML file each thing stands.

`tomllib` says it for a text that is no TOML, and for nothing else; a pack with a wrong value needs
its line too. The text has passed `tomllib` before, so only its structure is walked here.
"""

from collections.abc import Mapping

type Place = tuple[str | int, ...]


def lines_of(text: str) -> Mapping[Place, int]:
    """Path of each table, key and list element → its line, from 1."""
    return _Walker(text).walk()


class _Walker:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.line = text, 0, 1
        self.found: dict[Place, int] = {(): 1}
        self.counts: dict[Place, int] = {}

    def walk(self) -> Mapping[Place, int]:
        table: Place = ()
        while self._space():
            if self._here() == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.found

    def _header(self) -> Place:
        several = self.text.startswith("[[", self.at)
        self._step(2 if several else 1)
        keys = self._keys("]")
        self._step(2 if several else 1)
        path: Place = ()
        for key in keys[:-1]:
            path += (key,)
            if path in self.counts:
                path += (self.counts[path],)
        path += (keys[-1],)
        self.found.setdefault(path, self.line)
        if several:
            self.counts[path] = self.counts.get(path, -1) + 1
            path += (self.counts[path],)
        self.found[path] = self.line
        return path

    def _pair(self, table: Place) -> None:
        line = self.line
        path = table
        for key in self._keys("="):
            path += (key,)
            self.found.setdefault(path, line)
        self._step(1)
        self._value(path)

    def _value(self, path: Place) -> None:
        self._space()
        if self._here() == "[":
            self._step(1)
            index = 0
            while self._space() and self._here() != "]":
                self.found[(*path, index)] = self.line
                self._value((*path, index))
                index += 1
                self._comma()
            self._step(1)
        elif self._here() == "{":
            self._step(1)
            while self._space() and self._here() != "}":
                self._pair(path)
                self._comma()
            self._step(1)
        else:
            self._scalar()

    def _scalar(self) -> None:
        for quote in ('"""', "'''", '"', "'"):
            if self.text.startswith(quote, self.at):
                self._string(quote)
                return
        while self.at < len(self.text) and self._here() not in ",]}\n#":
            self._step(1)

    def _string(self, quote: str) -> None:
        self._step(len(quote))
        while not self.text.startswith(quote, self.at):
            self._step(2 if quote[0] == '"' and self._here() == "\\" else 1)
        self._step(len(quote))
        while len(quote) == 3 and self._here() == quote[0]:  # quotes may stand before the end
            self._step(1)

    def _keys(self, until: str) -> list[str]:
        keys: list[str] = []
        while self._space() and self._here() != until:
            start = self.at
            if self._here() in "\"'":
                self._string(self._here())
                keys.append(self.text[start + 1 : self.at - 1])
            else:
                while self._here() not in f"{until}. \t":
                    self._step(1)
                keys.append(self.text[start : self.at])
            self._space()
            if self._here() == ".":
                self._step(1)
        return keys

    def _comma(self) -> None:
        if self._space() and self._here() == ",":
            self._step(1)

    def _space(self) -> bool:
        """Past white space and remarks; False at the end."""
        while self.at < len(self.text):
            if self._here() == "#":
                while self.at < len(self.text) and self._here() != "\n":
                    self._step(1)
            elif self._here().isspace():
                self._step(1)
            else:
                return True
        return False

    def _here(self) -> str:
        return self.text[self.at : self.at + 1]

    def _step(self, count: int) -> None:
        self.line += self.text.count("\n", self.at, self.at + count)
        self.at += count
