"""What the code does, in plain English, from its syntax alone.

In:  the entry function's definition.
Out: `Explanation`: what it reads, how it decides, which signals it may give, its parameters.
Next: `adapters/sandbox/code_strategy.py`; shown beside the code by `/api/convert`.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.sandbox.decisions import Branch, branches
from adapters.sandbox.reading import ContextReader, FoundParameter
from adapters.sandbox.wording import thing

_READS: Final = {
    "current_price": "the current price",
    "position": "the open position",
    "parameters": "its parameters",
}
_SIGNALS: Final = ("buy", "sell", "hold")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a piece of code does.

    Parameters
    ----------
    reads
        What it looks at, one phrase each.
    rules
        How it decides, one sentence each, in the order of the code.
    signals
        The signals it may give; empty when they are all computed.
    parameters
        What it asks its parameters for.
    """

    reads: tuple[str, ...]
    rules: tuple[str, ...]
    signals: tuple[str, ...]
    parameters: tuple[FoundParameter, ...]

    @property
    def text(self) -> str:
        """The whole explanation, one sentence a line."""
        return "\n".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        yield f"It reads {_listed(self.reads)}." if self.reads else "It reads nothing."
        yield from self.rules
        if self.signals:
            yield f"It may signal {_listed(self.signals, last='or')}."
        else:
            yield "Which signals it may give cannot be told from the code alone."
        for parameter in self.parameters:
            unless = "must be given" if parameter.required else f"defaults to {parameter.default!r}"
            computed = not parameter.required and parameter.default is None
            words = "has no plain default" if computed else unless
            yield f"The parameter {parameter.name} {words}."


def explain(entry: ast.FunctionDef) -> Explanation:
    """Return the explanation of the code whose entry function is `entry`."""
    reader = ContextReader(entry)
    found = branches(entry, reader)
    given = {branch.signal for branch in found}
    return Explanation(
        reads=tuple(_reads(reader)),
        rules=(*_rules(found), *_meanings(entry, found, reader)),
        signals=tuple(signal for signal in _SIGNALS if signal in given),
        parameters=reader.parameters(),
    )


def _reads(reader: ContextReader) -> Iterator[str]:
    for part in reader.parts():
        if part == "candles":
            fields = reader.candle_fields()
            yield f"the candles ({', '.join(fields)})" if fields else "the candles"
        else:
            yield _READS[part]


def _rules(found: Sequence[Branch]) -> Iterator[str]:
    for branch in found:
        signal = branch.signal or "a computed signal"
        when = f"when {' and '.join(branch.conditions)}" if branch.conditions else "otherwise"
        because = f' ("{branch.reason}")' if branch.reason else ""
        yield f"Line {branch.line}: {signal} {when}{because}."


def _meanings(
    entry: ast.FunctionDef, found: Sequence[Branch], reader: ContextReader
) -> Iterator[str]:
    """Yield what the names in the conditions were set to, as far as one line says it."""
    words = {
        word.strip("()[],.:")
        for branch in found
        for text in branch.conditions
        for word in text.split()
    }
    told: set[str] = set()
    for node in ast.walk(entry):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in words - told:
                told.add(name)
                yield f"Here {name} is {thing(value, reader)}."


def _listed(items: Sequence[str], *, last: str = "and") -> str:
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
