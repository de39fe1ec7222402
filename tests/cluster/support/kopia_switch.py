"""A program to give to --kopia-binary: the real kopia, until a test says otherwise; it counts listings."""

import contextlib
import pathlib

# $1… are kopia's words. Absolute paths, because holdfast owes its child no PATH.
_SCRIPT = """\
#!/bin/sh
state='{state}'
kopia='{components}/kopia'
read -r behaviour <"$state/behaviour"
case "$behaviour" in
  clock\\ *) KOPIA_FAKE_CLOCK_ENDPOINT=${{behaviour#clock }}; export KOPIA_FAKE_CLOCK_ENDPOINT
    kopia='{components}/kopia-testclock' ;;
esac
case " $* " in
  *" snapshot list "*) echo "$*" >>"$state/listings" ;;
  *) exec "$kopia" "$@" ;;
esac
case "$behaviour" in
  hang) /bin/sleep 300 & echo $! >"$state/hung"; wait ;;
  die) "$kopia" "$@" & /bin/sleep 0.05; kill -KILL $!; kill -KILL $$ ;;
  stop) "$kopia" "$@" & kill -STOP $!; echo $! >"$state/hung"; wait ;;
  slow) /bin/sleep 0.5; exec "$kopia" "$@" ;;
  slow\\ *) /bin/sleep "${{behaviour#slow }}"; exec "$kopia" "$@" ;;
  starve) ulimit -v 200000; exec "$kopia" "$@" ;;
  fail) echo 'ERROR something is wrong' >&2; exit 1 ;;
  garbage) echo 'Snapshots: plenty' ;;
  silence) ;;
  half) "$kopia" "$@" >"$state/whole"; size=$(/usr/bin/wc -c <"$state/whole")
    /usr/bin/head -c $((size / 2)) "$state/whole" ;;
  complaint) echo 'ERROR unable to load manifest 0123: invalid character' >&2; exec "$kopia" "$@" ;;
  notice) printf '%s\\n\\n%s\\n' 'Found too many index blobs (1006), this may result in degraded performance.' \\
    "Please ensure periodic repository maintenance is enabled or run 'kopia maintenance'." >&2
    exec "$kopia" "$@" ;;
  older\\ *) copy=${{behaviour#older }}; place=${{copy#* }}; copy=${{copy%% *}}
    /bin/mv "$place" "$copy.now" && /bin/mv "$copy" "$place" || exit 1
    "$kopia" "$@"; status=$?
    /bin/mv "$place" "$copy" && /bin/mv "$copy.now" "$place"
    exit $status ;;
  *) exec "$kopia" "$@" ;;
esac
"""


class KopiaSwitch:
    """`program` is the path to give; behaviours: hang, die, stop, slow, starve (of memory), fail, garbage, silence,
    half, complaint, notice; `slow SECONDS`; `older COPY PLACE`: the folder COPY stands in PLACE for as long as kopia lists."""

    def __init__(self, folder: pathlib.Path, components: pathlib.Path):
        self._folder = folder
        self.program = folder / "kopia"
        self._set("ok")
        self.program.write_text(_SCRIPT.format(state=folder, components=components))
        self.program.chmod(0o755)

    @contextlib.contextmanager
    def behaves(self, behaviour: str):
        self._set(behaviour)
        try:
            yield
        finally:
            self._set("ok")

    def listings(self) -> int:
        """How often a listing was asked for, ever."""
        try:
            return len((self._folder / "listings").read_text().splitlines())
        except FileNotFoundError:
            return 0

    def hung_process(self) -> int | None:
        """The process that `hang` left waiting."""
        try:
            return int((self._folder / "hung").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _set(self, behaviour: str) -> None:
        part = self._folder / "behaviour.part"
        part.write_text(behaviour + "\n")
        part.rename(self._folder / "behaviour")
