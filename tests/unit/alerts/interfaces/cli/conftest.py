from tests.support.commands import config

__all__ = ["config"]
