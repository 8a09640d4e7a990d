"""Who may look and who may act."""

from __future__ import annotations

import pytest

from core.settings import DashboardSettings
from dashboard.auth import Gate, bound_to_this_machine, hash_password, may_act, verify

HASHED = hash_password("correct horse")
BROKEN = ["", "plain", "md5$1$1$1$AA==$AA==", "scrypt$x$8$1$AA==$AA==", "scrypt$3$8$1$AA==$AA=="]
USERS = DashboardSettings(users={"ada": HASHED})


def test_a_password_matches_its_hash_only() -> None:
    assert verify("correct horse", HASHED)
    assert not verify("correct horse ", HASHED)
    assert "correct horse" not in HASHED and hash_password("correct horse") != HASHED


@pytest.mark.parametrize("broken", BROKEN)
def test_a_hash_that_cannot_be_read_matches_nothing(broken: str) -> None:
    assert not verify("", broken)


def test_without_users_only_this_machine_may_act() -> None:
    assert may_act(DashboardSettings(), "") == "local"
    assert may_act(DashboardSettings(host="0.0.0.0"), "") == ""
    assert not bound_to_this_machine("example.org") and bound_to_this_machine("::1")


def test_with_users_only_who_signed_in_may_act() -> None:
    assert may_act(USERS, "") == "" and may_act(USERS, "eve") == "" and may_act(USERS, "ada") == "ada"


def test_after_five_failures_even_the_right_password_waits() -> None:
    gate = Gate()
    assert [gate.admit(USERS, "ada", "guess", now_s=float(i)) for i in range(5)] == ["wrong"] * 5
    assert gate.admit(USERS, "ada", "correct horse", now_s=6.0) == "wait"
    assert gate.admit(USERS, "ada", "correct horse", now_s=400.0) == ""


def test_an_unknown_name_is_refused_like_a_wrong_password() -> None:
    assert Gate().admit(USERS, "eve", "") == "wrong"
