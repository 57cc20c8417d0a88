"""`cached_property`, which computes a value when it is first asked for and keeps it.

The one of `functools` has a lock in Python 3.11 that all objects of a class share. While one of
them waits for the network or for a file, all others wait too. From Python 3.12 on it has none.

Source: https://docs.python.org/3/library/functools.html#functools.cached_property
"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property
else:

    class cached_property:
        """As that of Python 3.12: two threads that ask at once may both compute."""

        def __init__(self, compute: Any) -> None:
            self._compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self._name] = self._compute(instance)
            return value


__all__ = ["cached_property"]
