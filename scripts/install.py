"""Make .venv and install Newsquake into it. Needs Python 3.11+ with its standard library, and nothing else.

    python3 scripts/install.py [--extra dev]... [--force]

Takes the extra `gpu` (torch) by itself where nvidia-smi finds a GPU. Versions are those of constraints.txt. What was
installed is remembered in .venv/installed.json, so that a second call takes no time.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
PYTHON = FOLDER / "bin" / "python"
STAMP = FOLDER / "installed.json"


class Failed(Exception):
    """The message says what a person must do."""


def say(text: str) -> None:
    """To the person who waits."""
    print(f"\033[1m==> {text}\033[0m" if sys.stderr.isatty() else f"==> {text}", file=sys.stderr, flush=True)


def has_gpu() -> bool:
    """Whether an NVIDIA GPU answers."""
    if not shutil.which("nvidia-smi"):
        return False
    done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30, check=False)
    return done.returncode == 0 and "GPU" in done.stdout


def wanted(extras: list[str]) -> dict[str, object]:
    """What an installation with these extras stands for."""
    files = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return {"extras": sorted(extras), "files": digest}


def is_there(want: dict[str, object]) -> bool:
    """Whether it is installed already; more extras than asked for do no harm."""
    try:
        have = json.loads(STAMP.read_text())
        command = FOLDER / "bin" / "newsquake"
        return (
            command.exists() and have["files"] == want["files"] and set(want["extras"]) <= set(have["extras"])
        )  # type: ignore[call-overload]
    except (OSError, ValueError, KeyError):
        return False


def make_environment() -> None:
    """The virtual environment, with pip in it. Raises Failed."""
    if PYTHON.exists():
        return
    say(f"making .venv (Python {sys.version_info.major}.{sys.version_info.minor})")
    try:
        venv.create(FOLDER, with_pip=True)
    except (subprocess.CalledProcessError, OSError) as error:
        shutil.rmtree(FOLDER, ignore_errors=True)
        raise Failed(
            f"could not make .venv: {error}. On Debian and Ubuntu: apt install python3-venv; then try again"
        ) from error
    except KeyboardInterrupt:
        shutil.rmtree(FOLDER, ignore_errors=True)  # half an environment would be taken for a whole one
        raise


def installer() -> list[str]:
    """The beginning of the install command: uv, since it is several times faster than pip; else pip."""
    inside = FOLDER / "bin" / "uv"
    if inside.exists():
        return [str(inside), "pip", "install", "--compile-bytecode", "--python", str(PYTHON)]
    if found := shutil.which("uv"):
        return [found, "pip", "install", "--compile-bytecode", "--python", str(PYTHON)]
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    if subprocess.run([*pip, "--quiet", "uv"], check=False).returncode == 0:
        return [str(inside), "pip", "install", "--compile-bytecode", "--python", str(PYTHON)]
    return pip


def install(extras: list[str]) -> None:
    """Everything, with progress on the terminal. Raises Failed."""
    what = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    command = [*installer(), "-c", str(ROOT / "constraints.txt"), "-e", what]
    environment = {**os.environ, "UV_LINK_MODE": os.environ.get("UV_LINK_MODE", "copy")}
    environment.pop("VIRTUAL_ENV", None)
    for attempt in (1, 2, 3):
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0:
            return
        if attempt < 3:
            say("that failed; trying again")
            time.sleep(3 * attempt)
    raise Failed("could not install: see above (no connection to the package registry?)")


def main() -> int:
    """The command line: 0 done, 1 failed, 130 interrupted."""
    parser = argparse.ArgumentParser(description="Make .venv and install Newsquake into it.")
    parser.add_argument(
        "--extra", action="append", default=[], help="dev, gpu, train; may stand several times"
    )
    parser.add_argument("--force", action="store_true", help="install even if nothing changed")
    options = parser.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036 - an older one may well be asked to run this
        print(f"Newsquake needs Python 3.11 or newer; this is {sys.version.split()[0]}", file=sys.stderr)
        return 1
    extras = sorted(set(options.extra) | ({"gpu"} if has_gpu() else set()))
    want = wanted(extras)
    if is_there(want) and not options.force:
        return 0
    started = time.monotonic()
    try:
        make_environment()
        say(
            f"installing{' with ' + ', '.join(extras) if extras else ''} and compiling (a minute or two the first time)"
        )
        install(extras)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    with contextlib.suppress(OSError, ValueError, KeyError):
        extras = sorted(set(extras) | set(json.loads(STAMP.read_text())["extras"]))
    STAMP.write_text(json.dumps({**want, "extras": extras}) + "\n")
    say(f"installed in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
