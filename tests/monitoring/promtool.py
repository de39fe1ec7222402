"""promtool, and the files of the component `monitoring` in the form that it takes."""

import os
import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MONITORING = ROOT / "manifests/components/monitoring"
_RULE = re.compile(r"(?m)^ *- alert: (\w+)\n((?: {4,}.*\n)+)")
_EXPRESSION = re.compile(r"(?m)^( +)expr: (?:>-\n((?:\1 +.*\n)+)|(.*)\n)")
_ANNOTATIONS = re.compile(r"(?m)^( +)annotations:\n((?:\1 +.*\n)+)")


def run(*words, stdin: str | None = None, folder: pathlib.Path | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(["promtool", *map(str, words)], input=stdin, cwd=folder, capture_output=True, text=True,
                          timeout=300, check=False)


def rules() -> str:
    """The alerts as a file of rules: what the PrometheusRule has under `spec`."""
    _, spec = (MONITORING / "alerts.yaml").read_text().split("\nspec:\n")
    return re.sub(r"(?m)^  ", "", spec)


def alerts() -> dict[str, str]:
    """The text of each alert, by name."""
    return dict(_RULE.findall(rules()))


def expression(alert: str) -> str:
    """Of an alert's text, on one line."""
    _, folded, plain = _EXPRESSION.search(alert).groups()
    return " ".join((folded or plain).split())


def annotations(alert: str) -> str:
    return _ANNOTATIONS.search(alert).group(2)


def without_annotations(text: str) -> str:
    """promtool would have every test repeat them."""
    return _ANNOTATIONS.sub("", text)


def with_expression(text: str, promql: str) -> str:
    """All of the rules with that in place of their own, and at once."""
    return re.sub(r"(?m)^ +for: .*\n", "", _EXPRESSION.sub(rf"\1expr: {promql}\n", text))


def check_rules(text: str) -> subprocess.CompletedProcess:
    return run("check", "rules", "/dev/stdin", stdin=text)


def histories(text: str) -> subprocess.CompletedProcess:
    """What becomes of all histories beside this file with these rules."""
    with tempfile.TemporaryDirectory(prefix="holdfast-rules-") as name:
        folder = pathlib.Path(name)
        (folder / "rules.yaml").write_text(without_annotations(text))
        for path in HERE.glob("*.yaml"):
            os.symlink(path, folder / path.name)
        return run("test", "rules", *sorted(path.name for path in HERE.glob("*.yaml")), folder=folder)
