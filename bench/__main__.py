"""`make bench`: every figure we claim, one program after the other (`python -m bench NAME …` for some of them)."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ALL = sorted(file.stem for file in Path(__file__).parent.glob("*.py") if not file.stem.startswith("_"))


def main(names: list[str]) -> int:
    """Run them; 1 if any failed, 2 for a name that is none."""
    if unknown := [name for name in names if name not in ALL]:
        print(f"no such bench: {', '.join(unknown)}; there are {', '.join(ALL)}", file=sys.stderr)
        return 2
    failed = []
    for name in names or ALL:
        print(f"\n==> {name}", flush=True)
        started = time.monotonic()
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode:
            failed.append(name)
        print(f"==> {name}: {time.monotonic() - started:.0f} s", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
