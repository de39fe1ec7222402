"""What README gives a user to run."""

import re

from rig.components import ROOT

README = ROOT / "README.md"


def commands(heading: str) -> list[str]:
    """Of that section."""
    section = README.read_text().split(f"\n### {heading}\n")[1].split("\n##")[0]
    [block] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return block.replace("\\\n", " ").strip().splitlines()


def photos() -> str:
    """The PVC that it shows."""
    [block] = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    return block
