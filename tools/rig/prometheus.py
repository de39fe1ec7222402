"""A real Prometheus that scrapes what it is given."""

import json
import pathlib
import shutil
import urllib.parse
import urllib.request

from .processes import Child, free_ports, plain_environment, wait_until

_CONFIGURATION = """\
global: {{scrape_interval: {scrape_s}s, scrape_timeout: 1s, evaluation_interval: {scrape_s}s}}
rule_files: [{folder}/rules.yaml]
scrape_configs:
- job_name: holdfast
  honor_labels: true
  static_configs: {targets}
"""


def program() -> str | None:
    return shutil.which("prometheus")


class Prometheus:
    """From its constructor, which returns once it is ready, to stop().

    `targets`: ports on loopback; `labels`: what else the series of a target carry, by its port.
    """

    def __init__(self, folder: pathlib.Path, targets: list[int], rules: str, *,
                 labels: dict[int, dict[str, str]] | None = None, scrape_s: int = 1):
        self._folder = folder
        (folder / "rules.yaml").write_text(rules)
        (folder / "prometheus.yaml").write_text(_CONFIGURATION.format(
            folder=folder, scrape_s=scrape_s, targets=json.dumps(
                [{"targets": [f"127.0.0.1:{port}"], "labels": (labels or {}).get(port, {})} for port in targets])))
        [self._port] = free_ports(1)
        self._child = Child([program(), f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
                             f"--web.listen-address=127.0.0.1:{self._port}"], folder / "prometheus.log",
                            env=plain_environment(folder))
        try:
            wait_until(self._ready, 60, "Prometheus is ready")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self._child.end()

    def query(self, promql: str) -> list[dict]:
        """The series of this moment."""
        return self._ask(f"query?{urllib.parse.urlencode({'query': promql})}")["result"]

    def query_range(self, promql: str, start: float, end: float, step_s: int) -> list[dict]:
        """The series from `start` to `end` (Unix time), a value every step."""
        words = {"query": promql, "start": start, "end": end, "step": step_s}
        return self._ask(f"query_range?{urllib.parse.urlencode(words)}")["result"]

    def rules(self) -> dict[str, dict]:
        """Every alert by name: state, health, the alerts that are pending or fire."""
        return {rule["name"]: rule for group in self._ask("rules")["groups"] for rule in group["rules"]}

    def _ask(self, path: str) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/api/v1/{path}", timeout=20) as answer:
            return json.load(answer)["data"]

    def _ready(self) -> bool:
        if not self._child.alive():
            raise ChildProcessError(f"prometheus ended: {self._child.last_words()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/-/ready", timeout=5) as page:
                return page.status == 200
        except OSError:
            return False
