"""The rules of style that a machine can check. Each rule yields the places where it is broken."""

import collections
import re
from pathlib import Path
from typing import Iterator

import house

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
SOURCE_SUFFIXES = {".cpp", ".hpp"}
TEXT_SUFFIXES = SOURCE_SUFFIXES | {".md", ".py", ".sh", ".txt", ".cmake", ".yaml", ".yml", ".go", ".json", ".toml", ".lua", ""}
# Words that promise something instead of doing it.
BANNED = re.compile(r"\b(TODO|FIXME|XXX|HACK|not implemented|lorem ipsum)\b", re.IGNORECASE)
MAX_LINES = 500  # of a test; what is tested is shorter
MAX_LINES_OF_OURS = 400
MAX_LINE = {".py": 130, ".cpp": 120, ".hpp": 120}
MAX_FUNCTION = 60
MAX_FILES = 30  # of a folder
OURS = ("src/", "include/", "webhook/", "certs/")
# What opens a block that is no function.
NO_FUNCTION = re.compile(r"^\s*(namespace|class|struct|enum|union|extern|constexpr|const|static const|inline const)\b"
                         r"|[=(,]\s*\{$")


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
    lines, most = text.count("\n"), MAX_LINES_OF_OURS if path.startswith(OURS) else MAX_LINES
    if Path(path).suffix in SOURCE_SUFFIXES and lines > most:
        yield f"{path}: {lines} lines; a file should be taken in at a glance ({most} at most)"


def whole_logs(path: str, text: str) -> Iterator[str]:
    """With a selector kubectl shows ten lines of each pod; of a Deployment it takes one pod."""
    if not path.endswith(".md"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if "logs deploy/" in line or (" logs -l " in line and "--tail=" not in line and " -f " not in line):
            yield f"{path}:{number}: logs of some pods or some lines: logs -l … --tail=-1 --prefix"


def width(path: str, text: str) -> Iterator[str]:
    if not path.endswith(".py") and not (path.startswith(OURS) and Path(path).suffix in SOURCE_SUFFIXES):
        return
    most = MAX_LINE[Path(path).suffix]
    for number, line in enumerate(without_tables(text).splitlines(), 1):
        if len(line) > most:
            yield f"{path}:{number}: {len(line)} characters in a line ({most} at most)"


def without_tables(text: str) -> str:
    """What is formatted by hand is a table, and no function."""
    return re.sub(r"// clang-format off.*?// clang-format on", lambda off: "\n" * off[0].count("\n"), text,
                  flags=re.DOTALL)


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def functions(text: str) -> Iterator[tuple[int, int]]:
    """The first line and the number of lines of each function, by the way in which clang-format indents. The words of
    an enumeration, a case and a return each, are not counted."""
    lines = without_tables(text).splitlines()
    begin, closing = 0, ""
    base = 0  # of what may be the first line of a function: 0, or 2 in a class
    for number, line in enumerate(lines, 1):
        if line.strip() and indent(line) in (0, 2):
            base = indent(line)
        if not begin and line.endswith("{") and not NO_FUNCTION.search(line):
            begin, closing = number, " " * base + "}"
        elif begin and line == closing:
            words = sum(bool(re.match(r"\s+(case [\w:]+:|return \"[^\"]*\";)$", each)) for each in lines[begin:number])
            yield begin, number - begin + 1 - words
            begin = 0


def function_length(path: str, text: str) -> Iterator[str]:
    if path.startswith(OURS):
        for number, lines in functions(text):
            if lines > MAX_FUNCTION:
                yield f"{path}:{number}: a function of {lines} lines should fit a screen ({MAX_FUNCTION} at most)"


def crowded(paths: list[str]) -> Iterator[str]:
    """Folders with more source files than a room should have."""
    counts = collections.Counter(path.rpartition("/")[0] for path in paths
                                 if path.startswith(OURS) and Path(path).suffix in SOURCE_SUFFIXES)
    for folder, count in sorted(counts.items()):
        if count > MAX_FILES:
            yield f"{folder}: {count} files; a room should hold {MAX_FILES} at most"


def linked(cmake: str) -> dict[str, set[str]]:
    """Each module of the build, and all that it is linked with, directly or not."""
    links = {name: set(re.findall(r"holdfast::(\w+)", uses))
             for name, uses in re.findall(r"^holdfast_module\((\w+) \S+ ?(.*)\)$", cmake, re.MULTILINE)}
    for name in links:  # in the order of the build: what lies below is complete
        links[name] |= {deeper for below in set(links[name]) for deeper in links[below]}
    return links


def headers_open_with_a_sentence(path: str, text: str) -> Iterator[str]:
    if path.startswith("include/") and not text.startswith("// "):
        yield f"{path}:1: a public header begins with a comment that says what it is"


RULES = [direction, words, length, width, whole_logs, function_length, headers_open_with_a_sentence]
