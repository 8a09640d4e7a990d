"""How to install an optional extra, for messages where it is missing."""


def how(extra: str) -> str:
    """What to type, from a package index or in a checkout.

    >>> how("train")
    "pip install 'newsquake[train]' (in a checkout: python3 scripts/install.py --extra dev --extra train)"
    """
    checkout = (
        f"python3 scripts/install.py --extra dev --extra {extra}"  # without dev, `make dev` installs again
    )
    return f"pip install 'newsquake[{extra}]' (in a checkout: {checkout})"
