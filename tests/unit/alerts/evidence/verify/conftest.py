from tests.support.stored_alerts import decided, store

__all__ = ["decided", "store"]
