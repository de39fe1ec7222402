"""The software bill of materials of the image, in SPDX 2.3 (JSON): what is in it, from where, in which version.

The same image gives the same bytes: no time but the one that is passed in, everything sorted."""

import hashlib
import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import gobuild

NOT_SAID = "NOASSERTION"


class Debian(NamedTuple):
    name: str
    version: str
    architecture: str
    linkage: str  # "DYNAMIC_LINK", or "STATIC_LINK": its headers are compiled in


def _identifier(*words: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", "-".join(words))


def _purl(kind: str, name: str, version: str, qualifiers: str = "") -> str:
    """Scanners look packages up by it; a plus sign in a name or version is written as %2B."""
    return f"pkg:{kind}/{quote(name)}@{quote(version, safe=':')}{qualifiers}"


def _package(identifier: str, name: str, version: str, purl: str, licence: str = NOT_SAID) -> dict:
    return {
        "SPDXID": identifier, "name": name, "versionInfo": version, "downloadLocation": NOT_SAID,
        "filesAnalyzed": False, "licenseConcluded": NOT_SAID, "licenseDeclared": licence, "copyrightText": NOT_SAID,
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}],
    }


def _program(name: str, version: str, purl: str, licence: str, path: Path) -> dict:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    package = _package(_identifier("program", name), name, version, purl, licence)
    return {**package, "packageFileName": path.name, "primaryPackagePurpose": "APPLICATION",
            "checksums": [{"algorithm": "SHA256", "checksumValue": digest}]}


def _relation(left: str, kind: str, right: str) -> dict:
    return {"spdxElementId": left, "relationshipType": kind, "relatedSpdxElement": right}


def _debian(packages: list[Debian], program: str) -> tuple[list[dict], list[dict]]:
    found, relations = [], []
    for one in sorted(packages):
        identifier = _identifier("deb", one.name)
        purl = _purl("deb/debian", one.name, one.version, f"?arch={one.architecture}&distro=bookworm")
        found.append(_package(identifier, one.name, one.version, purl))
        relations.append(_relation(program, one.linkage, identifier))
    return found, relations


def _modules(build: gobuild.Build, program: str) -> tuple[list[dict], list[dict]]:
    found = [_package(_identifier("go", "stdlib"), "stdlib", build.toolchain,
                      _purl("golang", "stdlib", build.toolchain.removeprefix("go")))]
    for module in sorted(build.modules[1:]):
        found.append(_package(_identifier("go", module.path), module.path, module.version,
                              _purl("golang", module.path, module.version)))
    return found, [_relation(program, "STATIC_LINK", one["SPDXID"]) for one in found]


def kopia_version(build: gobuild.Build) -> str:
    """kopia is built as a dependency of a module of ours that pins it, or as the main module."""
    return next(module.version for module in build.modules if module.path == "github.com/kopia/kopia")


def document(version: str, holdfast: Path, kopia: Path, packages: list[Debian], epoch: int) -> str:
    build = gobuild.read(kopia)
    ours = _program("holdfast", version, _purl("generic", "holdfast", version), "Apache-2.0", holdfast)
    kopia_is = kopia_version(build)
    theirs = _program("kopia", kopia_is, _purl("golang", "github.com/kopia/kopia", kopia_is), "Apache-2.0", kopia)
    debs, links = _debian(packages, ours["SPDXID"])
    modules, builds = _modules(build, theirs["SPDXID"])
    body = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"holdfast-{version}-image",
        "creationInfo": {"creators": ["Tool: holdfast-image"],
                         "created": datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")},
        "packages": [ours, theirs, *debs, *modules],
        "relationships": [_relation("SPDXRef-DOCUMENT", "DESCRIBES", ours["SPDXID"]),
                          _relation("SPDXRef-DOCUMENT", "DESCRIBES", theirs["SPDXID"]), *links, *builds],
    }
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    body["documentNamespace"] = f"urn:holdfast:image:{version}:{digest}"
    return json.dumps(body, indent=1, sort_keys=True) + "\n"
