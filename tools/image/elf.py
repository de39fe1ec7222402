"""What a program needs to run, read from its ELF headers: nothing is executed, so it may be of another architecture."""

import re
import subprocess
from pathlib import Path


def _readelf(flag: str, path: Path) -> str:
    return subprocess.run(["readelf", "--wide", flag, str(path)], check=True, capture_output=True, text=True).stdout


def machine(path: Path) -> str:
    """What it runs on, in readelf's words, such as "AArch64"."""
    return re.search(r"Machine:\s+(.+)", _readelf("-h", path)).group(1).strip()


def interpreter(path: Path) -> str | None:
    """The loader that it asks for; None: it is linked statically."""
    found = re.search(r"Requesting program interpreter: ([^\]]+)\]", _readelf("-l", path))
    return found.group(1) if found else None


def needed(path: Path) -> list[str]:
    """Names of the shared libraries that it is linked with."""
    return re.findall(r"\(NEEDED\).*\[([^\]]+)\]", _readelf("-d", path))


def closure(path: Path, folders: list[Path]) -> dict[str, Path]:
    """Every library that loading it takes, by name, as found in `folders`. One that is not there is an error."""
    found: dict[str, Path] = {}
    ask = needed(path)
    while ask:
        name = ask.pop()
        if name in found:
            continue
        places = [folder / name for folder in folders if (folder / name).is_file()]
        if not places:
            raise FileNotFoundError(f"{path.name} needs {name}, which is in none of {', '.join(map(str, folders))}")
        found[name] = places[0].resolve()
        ask += needed(found[name])
    return found
