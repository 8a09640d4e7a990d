from tests.support.worker_runs import bus, store

__all__ = ["bus", "store"]
