"""The same story where Helm installs it. It comes last: it takes the place of the other installation."""

import test_story
from as_installed import with_helm


class WithHelm(test_story.Story):
    heading = "With Helm"
    claim = "videos"
    install = staticmethod(with_helm)
    only_long = True


del test_story  # its tests are not run once more
