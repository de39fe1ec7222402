"""Every alert fires when it should, is silent when it should, and leads to a page that says what to do."""

import re
import unittest

import promtool
from promtool import ROOT

_FAILED = re.compile(r"alertname: (\w+), time: [^,]+, *\n +exp:\[(\s*\])?")
_LINK = re.compile(r"docs/([\w-]+)\.md(?:#([\w-]+))?")


class Alerts(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.rules = promtool.rules()
        cls.alerts = promtool.alerts()

    def test_can_be_read(self):
        done = promtool.check_rules(self.rules)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{len(self.alerts)} rules found", done.stdout)
        self.assertGreaterEqual(len(self.alerts), 15)

    def test_behave_as_their_histories_say(self):
        done = promtool.histories(self.rules)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_has_a_history_in_which_it_fires(self):
        failed = self.failures_with("vector(0) > 1")
        self.assertEqual({name for name, silent in failed if not silent}, set(self.alerts))

    def test_each_has_a_history_in_which_it_is_silent(self):
        failed = self.failures_with("vector(1)")
        self.assertEqual({name for name, silent in failed if silent}, set(self.alerts))

    def failures_with(self, promql: str) -> list[tuple[str, bool]]:
        """(alert, whether it was to be silent) of each expectation that fails if all alerts went by that."""
        done = promtool.histories(promtool.with_expression(self.rules, promql))
        return [(name, bool(nothing)) for name, nothing in _FAILED.findall(done.stdout + done.stderr)]

    def test_each_has_a_severity_and_a_runbook(self):
        runbooks = (ROOT / "docs/alerts.md").read_text()
        headings = re.findall(r"(?m)^## (\w+)$", runbooks)
        self.assertEqual(headings, list(self.alerts))
        for name, text in self.alerts.items():
            self.assertRegex(text, r"severity: (critical|warning)", name)
            self.assertIn(f"runbook_url: docs/alerts.md#{name.lower()}\n", text)

    def test_each_runbook_says_what_to_do(self):
        sections = re.split(r"(?m)^## \w+$", (ROOT / "docs/alerts.md").read_text())[1:]
        for name, section in zip(self.alerts, sections):
            self.assertRegex(section, r"```sh\n|\]\([\w-]+\.md", f"{name}: a command or a page that leads on")

    def test_what_they_point_at_is_there(self):
        for name, text in self.alerts.items():
            for page, heading in _LINK.findall(promtool.annotations(text)):
                found = (ROOT / f"docs/{page}.md").read_text().lower()
                self.assertIn(f"# {heading}", found, f"{name}: docs/{page}.md#{heading}")

    def test_speak_only_of_labels_that_they_have(self):
        for name, text in self.alerts.items():
            spoken = set(re.findall(r"\$labels\.(\w+)", promtool.annotations(text)))
            kept = {label for words in re.findall(r"by \(([^)]*)\)", promtool.expression(text))
                    for label in words.replace(" ", "").split(",")}
            self.assertEqual(spoken - kept, set(), name)
