"""The rules of style that a machine can check. Each rule yields the places where it is broken."""

import re
from pathlib import Path
from typing import Iterator

import house

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
SOURCE_SUFFIXES = {".cpp", ".hpp"}
TEXT_SUFFIXES = SOURCE_SUFFIXES | {".md", ".py", ".sh", ".txt", ".cmake", ".yaml", ".yml", ".go", ".json", ".toml", ".lua", ""}
# Words that promise something instead of doing it.
BANNED = re.compile(r"\b(TODO|FIXME|XXX|HACK|not implemented|lorem ipsum)\b", re.IGNORECASE)
MAX_LINES = 500


def module_of(path: str) -> str | None:
    """The module that a source file belongs to."""
    parts = path.split("/")
    if path == "src/main.cpp":
        return "main"
    if path.startswith("include/holdfast/"):
        return parts[2]
    for module in house.USES:
        if path.startswith(house.folder(module) + "/"):
            return module
    return None


def target_of(header: str) -> str | None:
    """The module that an include in quotes names."""
    if header.startswith("holdfast/"):
        return header.split("/")[1]
    return module_of(header)


def includes(text: str) -> Iterator[tuple[int, bool, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1) == '"', found.group(2)


def may_use_library(module: str, header: str) -> bool:
    allowed = house.LIBRARIES.get(header.split("/")[0])
    if allowed is None:
        return True  # the standard library and the system
    return module in allowed or ("*" in allowed and module != "core")


def direction(path: str, text: str) -> Iterator[str]:
    """A module includes only what lies below it, others only by their public headers, and only its own libraries."""
    module = module_of(path)
    if module is None:
        return
    for number, quoted, header in includes(text):
        if not quoted:
            if not may_use_library(module, header):
                yield f"{path}:{number}: {module} may not use the library of <{header}>"
            continue
        target = target_of(header)
        if target is None:
            yield f"{path}:{number}: \"{header}\" is in no module"
        elif target != module and target not in house.USES[module]:
            yield f"{path}:{number}: {module} may not include {target} ({header})"
        elif target != module and not header.startswith("holdfast/"):
            yield f"{path}:{number}: {header} is private to {target}"
        elif path.startswith("include/") and not header.startswith("holdfast/"):
            yield f"{path}:{number}: a public header includes the private {header}"


def words(path: str, text: str) -> Iterator[str]:
    if path.startswith("tests/tidy/"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = BANNED.search(line)
        if found:
            yield f"{path}:{number}: banned word {found.group(0)!r}"


def length(path: str, text: str) -> Iterator[str]:
    lines = text.count("\n")
    if Path(path).suffix in SOURCE_SUFFIXES and lines > MAX_LINES:
        yield f"{path}: {lines} lines; a room should be taken in at a glance ({MAX_LINES} at most)"


def headers_open_with_a_sentence(path: str, text: str) -> Iterator[str]:
    if path.startswith("include/") and not text.startswith("// "):
        yield f"{path}:1: a public header begins with a comment that says what it is"


RULES = [direction, words, length, headers_open_with_a_sentence]
