"""bytelens is memoryview for the GPU."""

from collections.abc import Sequence as _Sequence

from ._bytelens import View

__all__ = ["View"]

_Sequence.register(View)
