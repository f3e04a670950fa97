"""Finds every refusal of a module and makes each deletable while the program runs.

A refusal is a ``raise`` outside of an ``except``, a yielded ``Invalid``, a call for the sake of
what it refuses (a check, a report of a fault), an entry of a list of checks, or a word of
refusal returned. Where one stands under ``if a or b``, each of the alternatives is a check.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import Any, TypeVar

T = TypeVar("T")

MUTATORS = frozenset(
    "_note _passed _progress _tell add append appendleft clear close extend insert not_applicable "
    "passed pop progress reverse seek setdefault shutdown signal sort update write".split()
)
"""Calls for the sake of what they change or tell, and that refuse nothing."""
REPORTS = frozenset("_failed _fault _refuse _report failed report unknown".split())
"""Calls that say what is refused."""
WORDS = frozenset({"_refusal", "read_selection"})
"""Functions that refuse by what they return."""


@dataclass(frozen=True)
class Refusal:
    """One refusal. ``id`` stays when lines move: module, function and what is refused."""

    id: str
    line: int


@dataclass
class Switchboard:
    """All refusals by number: which one is deleted, and which have spoken."""

    refusals: list[Refusal] = field(default_factory=list)
    deleted: int = -1
    spoken: set[int] = field(default_factory=set)
    count: int = 0

    def alive(self, number: int) -> bool:
        """Whether a refusal that is about to speak may."""
        if number == self.deleted:
            return False
        self.speak(number)
        return True

    def speak(self, number: int) -> None:
        """Note that a refusal has spoken."""
        self.spoken.add(number)
        self.count += 1

    def clause(self, number: int, value: T) -> T | bool:
        """One alternative of a condition to refuse; it speaks where it holds."""
        if value and not self.alive(number):
            return False
        return value

    @contextmanager
    def during(self, number: int) -> Iterator[None]:
        """A call that speaks where it raises, or where anything inside it has spoken."""
        before = self.count
        try:
            yield
        except Exception:
            self.count += 1
            raise
        finally:
            if self.count != before:
                self.speak(number)

    def each(self, number: int, found: Callable[[], Iterable[T]]) -> Iterator[T]:
        """The refusals of a generator, none where the call is deleted."""
        if number != self.deleted:
            with self.during(number):
                for entry in found():
                    self.speak(number)
                    yield entry

    def entry(self, number: int, check: Callable[..., Any]) -> Callable[..., Any]:
        """A check that is called later."""

        def called(*args: Any) -> Any:
            if number != self.deleted:
                with self.during(number):
                    return check(*args)
            return None

        return called


BOARD = Switchboard()
_ALIASES = "from tests.attacks.refusals import BOARD as _deletions"


def find(source: str, module: str) -> list[Refusal]:
    """The refusals of a module, in order."""
    board = Switchboard()
    Deletable(module, board).visit(ast.parse(source))
    return board.refusals


class Deletable(ast.NodeTransformer):
    """Puts a switch before each refusal."""

    def __init__(self, module: str, board: Switchboard) -> None:
        self.module, self.board = module, board
        self.path: list[str] = []
        self.in_handler = False
        self.yields = False  # whether the function returns the refusals that it finds

    # Where we are.

    def visit_Module(self, node: ast.Module) -> ast.Module:
        node.body = self.block(node.body)
        at = 1 if ast.get_docstring(node) is not None else 0
        node.body[at:at] = ast.parse(_ALIASES).body
        return ast.fix_missing_locations(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        return self.named(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return self.named(node)

    def named(self, node: Any) -> Any:
        before, self.yields = self.yields, "Invalid" in _returns(node)
        self.path.append(node.name)
        node.body = self.block(node.body)
        self.path.pop()
        self.yields = before
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        before, self.in_handler = self.in_handler, True
        node.body = self.block(node.body)
        self.in_handler = before
        return node

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [entry for statement in body for entry in _flat(self.visit(statement))]

    # What refuses.

    def visit_If(self, node: ast.If) -> ast.stmt:
        alternatives = node.test.values if isinstance(node.test, ast.BoolOp) else []
        if alternatives and isinstance(node.test.op, ast.Or) and self.refuses(node.body[0]):  # type: ignore[attr-defined]
            what = self.label(node.body[0])
            node.test.values = [  # type: ignore[attr-defined]
                self.call("clause", self.number(f"{what} if {ast.unparse(one)}", one), one)
                for one in alternatives
            ]
            node.body = node.body[:1] + self.block(node.body[1:])
        else:
            node.test = self.visit(node.test)
            node.body = self.block(node.body)
        node.orelse = self.block(node.orelse)
        return node

    def refuses(self, node: ast.stmt) -> bool:
        match node:
            case ast.Raise(exc=ast.expr()):
                return not self.in_handler
            case ast.Return(value=ast.Tuple() | ast.Constant(value=None)):
                return bool(WORDS.intersection(self.path))
            case ast.Expr(value=ast.Yield(value=ast.Call() as call)):
                return _is_refusal(call)
            case ast.Expr(value=ast.Call() as call):
                return _name(call) in REPORTS or (
                    _name(call) == "append" and _is_refusal(call.args[0])
                )
            case _:
                return False

    def visit_Raise(self, node: ast.Raise) -> ast.stmt:
        return self.switched(node) if self.refuses(node) else node

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        return self.switched(node) if self.refuses(node) else self.generic_visit(node)  # type: ignore[return-value]

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        match node.value:
            case ast.YieldFrom(value=ast.Call() as call) if self.yields:
                number = self.number(_called(call), node)
                thunk = ast.Lambda(_NO_ARGUMENTS, call)
                return ast.Expr(ast.YieldFrom(self.call("each", number, thunk)))
            case _ if self.refuses(node):
                return self.switched(node)
            case ast.Call() as call if _name(call) not in MUTATORS:
                number = self.number(_called(call), node)
                for at, argument in enumerate(call.args):
                    call.args[at] = self.visit(argument)
                during = ast.With([ast.withitem(self.call("during", number))], [node])
                return ast.If(_compare(self.attribute("deleted"), number), [during], [])
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if _name(node) == "partial" and re.match(r"_?(check|verify)_", _name(node.args[0])):
            return self.call("entry", self.number(f"{_name(node.args[0])}()", node), node)
        return node

    def switched(self, node: ast.stmt) -> ast.stmt:
        return ast.If(self.call("alive", self.number(self.label(node), node)), [node], [])

    # Names and numbers.

    def label(self, node: ast.stmt) -> str:
        """The code that is refused with, or the first text, or the statement."""
        texts = [one for one in ast.walk(node) if isinstance(one, ast.Constant | ast.JoinedStr)]
        words = [str(one.value) for one in texts if isinstance(one, ast.Constant)]
        codes = [word for word in words if re.fullmatch(r"[a-z_0-9]+\.[a-z_]+", word)]
        return codes[0] if codes else ast.unparse(texts[0] if texts else node)

    def number(self, what: str, node: ast.AST) -> int:
        where = f"{self.module}: {'.'.join(self.path)}: {what}"
        known = sum(re.sub(r" #\d+$", "", one.id) == where for one in self.board.refusals)
        self.board.refusals.append(
            Refusal(f"{where} #{known + 1}" if known else where, getattr(node, "lineno", 0))
        )
        return len(self.board.refusals) - 1

    def attribute(self, name: str) -> ast.expr:
        return ast.Attribute(ast.Name("_deletions", ast.Load()), name, ast.Load())

    def call(self, name: str, number: int, *args: ast.expr) -> ast.Call:
        return ast.Call(self.attribute(name), [ast.Constant(number), *args], [])


_NO_ARGUMENTS = ast.arguments([], [], None, [], [], None, [])


def _compare(value: ast.expr, number: int) -> ast.expr:
    return ast.Compare(value, [ast.NotEq()], [ast.Constant(number)])


def _returns(node: Any) -> str:
    returns = getattr(node, "returns", None)
    return ast.unparse(returns) if returns else ""


def _flat(found: Any) -> list[ast.stmt]:
    return found if isinstance(found, list) else [found]


def _name(node: ast.expr) -> str:
    match node:
        case ast.Call(func=called):
            return _name(called)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _called(node: ast.Call) -> str:
    texts = [repr(one.value) for one in node.args if isinstance(one, ast.Constant)]
    return f"{ast.unparse(node.func)}({', '.join(texts)})"


def _is_refusal(node: ast.expr) -> bool:
    return _name(node) in ("Invalid", "_order", "error")


def install(modules: Sequence[str]) -> None:
    """From now on the named modules of ``ballot`` are imported with switches."""
    if found := [name for name in modules if f"ballot.{name}" in sys.modules]:
        raise RuntimeError(f"imported too early: {found}")
    sys.meta_path.insert(0, _Finder(modules))


class _Finder(MetaPathFinder):
    def __init__(self, modules: Sequence[str]) -> None:
        self.names = {f"ballot.{name}" for name in modules}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name in self.names else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> Any:
        """Compiled anew: what is cached has no switches."""
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path))
        module = fullname.removeprefix("ballot.").replace(".", "/")
        return compile(Deletable(module, BOARD).visit(tree), path, "exec")
