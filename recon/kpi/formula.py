"""Formulas: arithmetic over measures, compiled to exact SQL.

A formula adds, subtracts and multiplies measures and numbers, and may divide once, as the last
step: `(revenue - cost) / revenue`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

# A measure's name, or a sign with what it joins.
Tree = str | tuple["Tree", ...]
_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_WRITE = "write measures and numbers with + - * and at most one division, like (a - b) / c"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: its text, its measures, its division."""

    text: str
    names: tuple[str, ...]
    above: ast.expr
    below: ast.expr | None = None

    @property
    def is_ratio(self) -> bool:
        """Whether it is one measure by another."""
        return self.below is not None

    def sql(self, column: Callable[[str], str], divide: Callable[[str, str], str]) -> str:
        """Its SQL; `column` is that of a measure."""
        above = _sql(self.above, self.text, column)
        return divide(above, _sql(self.below, self.text, column)) if self.below else above

    def trees(self) -> tuple[Tree, Tree | None]:
        """Its trees above and below the division.

        A tree is a name, or a sign with its sides; a number is `('number', '1.5')`.
        """
        return _tree(self.above, self.text), _tree(self.below, self.text) if self.below else None


def parse(text: str) -> Formula:
    """The formula of a text; raises ValueError."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"{text!r} is not a formula; {_WRITE}") from None
    above, below = tree, None
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div):
        above, below = tree.left, tree.right
    stripped = text.strip()
    names = dict.fromkeys(_names(above, stripped))
    names |= dict.fromkeys(_names(below, stripped)) if below else {}
    if not names:
        raise ValueError(f"{text!r} names no measure; {_WRITE}")
    return Formula(stripped, tuple(names), above, below)


def _names(node: ast.expr, text: str) -> Iterator[str]:
    """Yield the measures of an expression; raises ValueError."""
    match node:
        case ast.Name():
            yield node.id
        case ast.Constant():
            _number(node, text)
        case ast.UnaryOp(op=ast.USub()):
            yield from _names(node.operand, text)
        case ast.BinOp() if type(node.op) in _SIGNS:
            yield from _names(node.left, text)
            yield from _names(node.right, text)
        case _:
            raise ValueError(f"{text!r} is not a formula; {_WRITE}")


def _number(node: ast.Constant, text: str) -> str:
    written = ast.get_source_segment(text, node) or ""
    try:
        return f"{Decimal(written):f}"
    except ArithmeticError:
        raise ValueError(f"{written!r} is not a number; {_WRITE}") from None


def _sql(node: ast.expr, text: str, column: Callable[[str], str]) -> str:
    match node:
        case ast.Name():
            return column(node.id)
        case ast.Constant():
            return _number(node, text)
        case ast.UnaryOp():
            return f"(-{_sql(node.operand, text, column)})"
        case ast.BinOp():
            sign = _SIGNS[type(node.op)]
            left, right = (_sql(side, text, column) for side in (node.left, node.right))
            return f"({left} {sign} {right})"
    raise ValueError(f"{text!r} is not a formula; {_WRITE}")


def _tree(node: ast.expr, text: str) -> Tree:
    match node:
        case ast.Name():
            return node.id
        case ast.Constant():
            return ("number", _number(node, text))
        case ast.UnaryOp():
            return ("-", _tree(node.operand, text))
        case ast.BinOp():
            return (_SIGNS[type(node.op)], _tree(node.left, text), _tree(node.right, text))
    raise ValueError(f"{text!r} is not a formula; {_WRITE}")
