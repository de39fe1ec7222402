"""The picture of the house, as data: which module may include which (README draws the same)."""

# Downward only; modules in one pair of braces never include each other.
USES = {
    "core": set(),
    "base": {"core"},
    "ops": {"core", "base"},
    "json": {"core", "base", "ops"},
    "net": {"core", "base", "ops", "json"},
    "index": {"core", "base", "ops", "json", "net"},
    "kube": {"core", "base", "ops", "json", "net"},
    "certs": {"core", "base", "ops", "json", "net", "kube"},
    "volsync": {"core", "base", "ops", "json", "net", "kube"},
    "webhook": {"core", "base", "ops", "json", "net", "index", "kube", "volsync"},
    "generator": {"core", "base", "ops", "json", "net", "index", "kube", "volsync"},
    "cli": {"core", "base", "ops", "json", "net", "index", "kube", "volsync", "certs", "webhook", "generator"},
    "main": {"cli"},
}

# Where a module's sources live; everything else is src/<module>.
FOLDERS = {"webhook": "webhook", "certs": "certs"}

# Libraries by the first part of an include in angle brackets, and the modules that may name them. "*": all but core.
LIBRARIES = {
    "fmt": {"core", "*"},
    "boost": {"json", "net", "index", "kube"},
    "openssl": {"net", "certs", "index", "kube", "volsync"},
    "rapidjson": {"json", "ops", "index"},
    "json": {"json", "cli", "webhook", "certs", "generator", "kube", "volsync"},
    "yaml-cpp": {"json", "cli"},
    "spdlog": {"ops"},
    "prometheus": {"ops"},
    "CLI": {"cli"},
    "xxhash.h": {"index"},
    "expat.h": {"index"},
}


def folder(module: str) -> str:
    return FOLDERS.get(module, f"src/{module}")
