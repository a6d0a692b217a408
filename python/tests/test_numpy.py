"""NumPy's own tests of buffers and of DLPack, run on `View`.

They come with NumPy and are run by pytest, here with `View` in the place of the name `memoryview`, or with
`View` on the way that arrays take through DLPack. Nothing of them is copied. What fails for NumPy itself on
this machine is left out; of the rest everything must pass, save the tests below.
"""

import importlib.util
import io
import unittest
from contextlib import redirect_stdout

import numpy

import bytelens
from bytelens import View

BUFFERS = (
    "numpy/_core/tests/test_multiarray.py::TestNewBufferProtocol",
    "numpy/_core/tests/test_scalarbuffer.py::TestScalarPEP3118",
)
DLPACK = ("numpy/_core/tests/test_dlpack.py::TestDLPack",)

# Tests that View fails, by what runs them, and why.
DIFFERENCES = {
    "buffers": {},
    "to NumPy": {
        "test_dunder_dlpack_stream": "a stream is refused with BufferError, as all that cannot be sent",
        "test_dunder_dlpack_copy": "a `copy` that is no bool is a TypeError",
        "test_invalid_dtype": "there is no view of dates: NumPy does not export them, and says so itself",
    },
    "from NumPy": {
        "test_writeable": "a capsule without a version cannot say that it is read-only; PyTorch, too, writes to it",
    },
}


class Sent(numpy.ndarray):
    """An array that consumers of DLPack get as its `View` gives it."""

    def __dlpack__(self, **options):
        return View(self).__dlpack__(**options)

    def __dlpack_device__(self):
        return View(self).__dlpack_device__()


def sent(make):
    """What makes an array, and then makes it one that is sent."""
    return staticmethod(lambda *arguments, **named: make(*arguments, **named).view(Sent))


class ToNumPy:
    """The module numpy, but for arrays, which are sent by `View`."""

    arange, array, asarray, zeros = map(sent, (numpy.arange, numpy.array, numpy.asarray, numpy.zeros))

    def __getattr__(self, name):
        return getattr(numpy, name)


class FromNumPy:
    """The module numpy, but for `from_dlpack`, which is that of bytelens."""

    def from_dlpack(self, array, **options):
        if options:
            return numpy.from_dlpack(array, **options)
        return numpy.asarray(bytelens.from_dlpack(array))

    def __getattr__(self, name):
        return getattr(numpy, name)


class Watch:
    """A plugin of pytest: gives names in the modules of tests other values, and notes what failed."""

    def __init__(self, names):
        self.names, self.failed, self.passed = names, {}, set()

    def pytest_runtest_setup(self, item):
        for name, value in self.names.items():
            setattr(item.module, name, value)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed[report.nodeid.split("::")[-1]] = report.longreprtext
        elif report.when == "call" and report.passed:
            self.passed.add(report.nodeid)


def watched(tests, names):
    import pytest

    folder = importlib.util.find_spec("numpy").submodule_search_locations[0].removesuffix("numpy")
    watch = Watch(names)
    options = ["--noconftest", "--assert=plain", "-p", "no:cacheprovider", "-W", "ignore"]
    with redirect_stdout(io.StringIO()):
        pytest.main(options + [folder + test for test in tests], [watch])
    return watch


@unittest.skipUnless(importlib.util.find_spec("pytest"), "needs pytest")
class NumPy(unittest.TestCase):
    def check(self, what, tests, names, usual):
        before = watched(tests, usual)
        self.assertGreater(len(before.passed), 20, before.failed)
        found = watched(tests, names).failed
        listed = DIFFERENCES[what]
        wrong = [f"{test}\n{trace}" for test, trace in found.items() if test not in {*before.failed, *listed}]
        self.assertFalse(wrong, "\n".join(wrong))
        self.assertFalse(listed.keys() - found.keys(), "listed, but View does as NumPy does")

    def test_views_are_what_memoryview_is_to_numpy(self):
        self.check("buffers", BUFFERS, {"memoryview": View}, {"memoryview": memoryview})

    def test_views_send_what_arrays_send(self):
        self.check("to NumPy", DLPACK, {"np": ToNumPy()}, {"np": numpy})

    def test_views_receive_what_arrays_receive(self):
        self.check("from NumPy", DLPACK, {"np": FromNumPy()}, {"np": numpy})

    def test_the_runner_notices_a_view_that_breaks_a_rule(self):
        def wrong(exporter):
            return memoryview(bytes(exporter))

        self.assertTrue(watched(BUFFERS[1:], {"memoryview": wrong}).failed)


if __name__ == "__main__":
    unittest.main()
