"""Memory in large pages: more of it is, and all that stood in it stands there still."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.runtime import hugepages

PROGRAM = """
import re
from core.runtime.hugepages import HugePages
def huge():
    return int(re.search(r"AnonHugePages: +(\\d+)", open("/proc/self/smaps_rollup").read())[1]) // 1024
kept = [(number, str(number), [number]) for number in range(300_000)]
pages, before = HugePages(), huge()
asked = pages.advise()
print(before, huge(), asked >> 20, pages.advise())
assert all(one == (n, str(n), [n]) for n, one in enumerate(kept))
more = [(number, str(number), [number]) for number in range(300_000)]
print(pages.advise() >> 20)
"""


SLOWLY = """
from core.runtime import hugepages
kept = [(number, str(number), [number]) for number in range(600_000)]
known = sum(end // (1 << 21) - -(-start // (1 << 21)) for start, end in hugepages._anonymous(1 << 21)) * 2
hugepages.MOST_S = 0.0
pages, parts = hugepages.HugePages(), []
while part := pages.advise():
    parts.append(part >> 20)
print(len(parts), max(parts), sum(parts), known)
"""


@pytest.mark.skipif(not hugepages._wanted(), reason="no large pages on this machine")
def test_what_is_kept_moves_into_large_pages_and_is_asked_for_again_once_it_has_grown():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, after, asked, again, grown = map(int, done.stdout.split())
    assert asked >= 16 and again == 0 and grown > asked
    if after == before:
        pytest.skip("this kernel gives none when asked")
    assert after >= before + asked // 2


@pytest.mark.skipif(not hugepages._wanted(), reason="no large pages on this machine")
def test_much_is_asked_for_piece_by_piece_so_that_nothing_waits_long():
    done = subprocess.run([sys.executable, "-c", SLOWLY], capture_output=True, text=True, check=True)
    parts, largest, asked, known = map(int, done.stdout.split())
    assert parts >= 3 and largest <= 32 and abs(asked - known) <= 16


def test_where_they_are_switched_off_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    off = tmp_path / "enabled"
    off.write_text("always madvise [never]\n")
    for place in (off, tmp_path / "absent"):
        monkeypatch.setattr(hugepages, "_ENABLED", place)
        assert hugepages.HugePages().advise() == 0


@pytest.mark.parametrize("file", ["_STATM", "_MAPS"])
def test_where_proc_is_hidden_nothing_is_asked(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    on = tmp_path / "enabled"
    on.write_text("always [madvise] never\n")
    monkeypatch.setattr(hugepages, "_ENABLED", on)
    monkeypatch.setattr(hugepages, file, tmp_path / "absent")
    pages = hugepages.HugePages()
    assert [pages.advise(), pages.advise()] == [0, 0]
