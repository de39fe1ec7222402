#!/usr/bin/env python3
"""Puts source files into few translation units, because most of the time of a compiler goes into the headers that
every file includes anew.

    cmake/batches.py LARGEST FOLDER NAME FILE…     writes units NAME_<first file>.cpp that include up to LARGEST of the
                                                   files, and prints what there is to compile, one a line

Files are named as the root of the repository sees them, and included so: every checkout compiles the same text. A file
that no other joins is printed as it is. tests/lint/run makes its batches with this too."""

import functools
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)
# As clang-format leaves it: nothing is indented for a namespace.
UNNAMED = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
OPENS_DEFINITION = re.compile(r"(?!using |namespace |TEST_CASE)\w")
DEFINED = re.compile(r"(?<!:)\b([A-Za-z_]\w*)(?=\(| = | \{|\{|;| :)")
USING = re.compile(r"^using namespace ([\w:]+);", re.MULTILINE)
NAMESPACE = re.compile(r"^namespace ([\w:]+) \{$")
# Such a file changes what the next ones see.
STANDS_ALONE = re.compile(r"^[ \t]*#[ \t]*define\b", re.MULTILINE)


class Batch:
    """Files that can be compiled as one: no name of a file's own is another's, nor one of a header that it includes, and
    the namespaces that they open leave no name with two meanings."""

    def __init__(self, largest: int):
        self.files: list[Path] = []
        self._largest = largest
        self._own: set[str] = set()
        self._included: set[tuple[str, str]] = set()
        self._opened: set[str] = set()

    def takes(self, file: Path) -> bool:
        own = own_names(file)
        included = set().union(*(declared_in(header) for header in reached_from(file) - {file}))
        opened = set(USING.findall(file.read_text()))
        if len(self.files) == self._largest or own & (self._own | names(self._included)) or names(included) & self._own:
            return False
        apart = ambiguous(own, included, opened) | ambiguous(self._own, self._included, self._opened)
        both = ambiguous(own | self._own, included | self._included, opened | self._opened)
        if self.files and both - apart:
            return False
        self.files.append(file)
        self._own |= own
        self._included |= included
        self._opened |= opened
        return True


def own_names(file: Path) -> set[str]:
    """What a file defines for itself, or may; a name too many costs time, nothing else."""
    lines = [line for part in UNNAMED.findall(file.read_text()) for line in part.splitlines()]
    return {name for line in lines if OPENS_DEFINITION.match(line) for name in DEFINED.findall(line)}


@functools.lru_cache(maxsize=None)
def declared_in(header: Path) -> set[tuple[str, str]]:
    """Namespace and name of what stands at the beginning of a line."""
    found, namespace = set(), ""
    for line in header.read_text().splitlines():
        if opens := NAMESPACE.match(line):
            namespace = opens[1]
        elif OPENS_DEFINITION.match(line):
            found |= {(namespace, name) for name in DEFINED.findall(line)}
    return found


def names(declared: set[tuple[str, str]]) -> set[str]:
    """Of types and constants, as a capital in them says; functions of one name stand side by side."""
    return {name for _, name in declared if name != name.lower()}


def ambiguous(own: set[str], declared: set[tuple[str, str]], opened: set[str]) -> set[str]:
    """Types and constants that are in two of the opened namespaces, and a file's own names that are in one."""
    visible = [name for namespace, name in declared if namespace in opened]
    return {name for name in names(declared) if visible.count(name) > 1} | (own & set(visible))


@functools.lru_cache(maxsize=None)
def included_by(file: Path) -> tuple[Path, ...]:
    """Files of ours that it includes itself, under whatever #if."""
    places = (file.parent, ROOT, ROOT / "include")
    found = (place / name for name in INCLUDE.findall(file.read_text()) for place in places)
    return tuple(one.resolve() for one in found if one.is_file())


def reached_from(file: Path) -> set[Path]:
    """The file and every file of ours that it includes, directly or not."""
    seen, waiting = set(), [file]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += included_by(one)
    return seen


def batched(files: list[Path], largest: int) -> list[list[Path]]:
    """In order: each joins the first batch that takes it."""
    found: list[Batch] = []
    for file in files:
        if not any(batch.takes(file) for batch in found):
            found.append(Batch(largest))
            found[-1].takes(file)
    return [batch.files for batch in found]


def main() -> int:
    largest, folder, name, *words = sys.argv[1:]
    files = [ROOT / word for word in sorted(words)]
    alone = [file for file in files if STANDS_ALONE.search(file.read_text())]
    Path(folder).mkdir(parents=True, exist_ok=True)
    for batch in [[file] for file in alone] + batched([file for file in files if file not in alone], int(largest)):
        print(batch[0] if len(batch) == 1 else written(Path(folder) / f"{name}_{batch[0].stem}.cpp", batch))
    return 0


def written(unit: Path, files: list[Path]) -> Path:
    text = "".join(f'#include "{file.relative_to(ROOT)}"\n' for file in files)
    if not unit.exists() or unit.read_text() != text:
        unit.write_text(text)
    return unit


if __name__ == "__main__":
    sys.exit(main())
