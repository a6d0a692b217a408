"""CPython's own tests of memoryview, run on `View`.

The modules `test.test_memoryview` and `test.test_buffer` of the interpreter that runs this are imported, and in
them the name `memoryview` is bound to `View`. Nothing of them is copied. What fails for `memoryview` itself on
this machine (a newer NumPy, say) is left out; of the rest everything must pass, save the assertions below.
"""

import importlib
import random
import sys
import unittest
from fnmatch import fnmatchcase

import bytelens

MODULES = ("test.test_memoryview", "test.test_buffer")

SUB_VIEWS = "memoryview has no sub-views of several dimensions; View has them"
FORMATS = "memoryview reads native one-character formats alone; View reads the others as well"
CASTS = "memoryview casts to or from bytes alone, and 1-D to N-D or back; View casts any to any"

# Test, what it expects, the call that it expects it of (as a pattern), and why View differs.
DIFFERENCES = [
    ("test_getitem", "TypeError", "lambda None", "None adds an axis, as in NumPy"),
    (
        "test_setitem_writable",
        "NotImplementedError",
        "setitem((slice(0, 1, 1), slice(0, 1, 2)), *",
        "two slices for one axis are a TypeError, as too many ints are",
    ),
    ("test_ndarray_slice_invalid", "NotImplementedError", "__[gs]etitem__(*slice*", SUB_VIEWS),
    ("test_memoryview_index", "NotImplementedError", "__getitem__(())", SUB_VIEWS + "; a struct is a tuple"),
    ("test_memoryview_index", "NotImplementedError", "__getitem__(0)", SUB_VIEWS),
    ("test_memoryview_assign", "NotImplementedError", "__setitem__(0, 1)", FORMATS + "; 1 is no tuple, no bytes"),
    ("test_memoryview_assign", "NotImplementedError", "__setitem__(0, [[]2, 3])", SUB_VIEWS + "; a list is no buffer"),
    ("test_memoryview_slice", "NotImplementedError", "__getitem__(())", SUB_VIEWS),
    ("test_memoryview_slice", "NotImplementedError", "__[gs]etitem__((slice*", SUB_VIEWS),
    ("test_memoryview_cast_invalid", "TypeError", "cast('*", CASTS),
    ("test_memoryview_cast_invalid", "ValueError", "cast('*", FORMATS),
    ("test_memoryview_cast_invalid", "TypeError", "cast(format=*", CASTS),
    ("test_memoryview_cast_invalid", "NotImplementedError", "*", FORMATS),
    ("test_memoryview_cast_1D_ND", "TypeError", "cast('*", CASTS + ", and single elements; 0 is a ValueError"),
    ("test_memoryview_tolist", "NotImplementedError", "tolist()", FORMATS),
    ("test_memoryview_compare_special_cases*", "NotEqual", "*", "a view of structs or text equals itself"),
    ("test_memoryview_compare_special_cases", "NotImplementedError", "tolist()", FORMATS),
]

# Tests about something else than what memoryview does.
OTHERS = {
    "test_memoryview_sizeof": "the size of the C struct of memoryview",
    "test_buffer_flags": "memoryview._from_flags, which is private",
}


def described(function, arguments, named):
    """Says what is called, so that a line above can name it in every version of the tests."""
    if function.__name__ == "<lambda>":
        return "lambda " + " ".join(map(repr, function.__code__.co_consts))
    parts = [repr(argument) for argument in arguments]
    parts += [f"{name}={value!r}" for name, value in sorted(named.items())]
    return f"{function.__name__}({', '.join(parts)})"


def difference(test, expected, call):
    for at, (name, expectation, pattern, _) in enumerate(DIFFERENCES):
        if fnmatchcase(test, name) and expectation == expected and fnmatchcase(call, pattern):
            return at
    return None


def tolerant(case, met):
    """Lets listed assertions of a test case fail, and notes which did."""
    strict_raises, strict_differs = case.assertRaises, case.assertNotEqual
    test = case._testMethodName

    def assert_raises(expected, *arguments, **named):
        if not arguments:
            return strict_raises(expected)
        function, *arguments = arguments
        at = difference(test, getattr(expected, "__name__", ""), described(function, arguments, named))
        if at is None:
            return strict_raises(expected, function, *arguments, **named)
        try:
            function(*arguments, **named)
        except expected:
            return None
        except (TypeError, ValueError):
            pass
        met.add(at)
        return None

    def assert_differs(first, second, message=None):
        at = difference(test, "NotEqual", "")
        if at is not None and first == second:
            met.add(at)
            return
        strict_differs(first, second, message)

    case.assertRaises, case.assertNotEqual = assert_raises, assert_differs


def cases(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases(item)
        else:
            yield item


def failures(name, view, met):
    """Runs a module with `view` in the place of memoryview; returns what failed, and how many ran."""
    module = importlib.import_module(name)
    random.seed(20261126)
    result = unittest.TestResult()
    module.memoryview = view
    try:
        for case in cases(unittest.defaultTestLoader.loadTestsFromModule(module)):
            if case._testMethodName in OTHERS:
                continue
            if met is not None:
                tolerant(case, met)
            case.run(result)
    finally:
        del module.memoryview
    return {case.id(): trace for case, trace in result.errors + result.failures}, result.testsRun


class Bound(type):
    """Makes what the name `memoryview` is bound to in the tests: `View`, but for what only the interpreter's own
    will do, the return value of `__buffer__`."""

    def __call__(cls, *arguments, **named):
        is_exporter = sys._getframe(1).f_code.co_name == "__buffer__"
        return (memoryview if is_exporter else cls.view)(*arguments, **named)

    def __instancecheck__(cls, instance):
        return isinstance(instance, (cls.view, memoryview))


class BoundToView(metaclass=Bound):
    view = bytelens.View


class CPython(unittest.TestCase):
    def test_what_memoryview_passes_view_passes(self):
        met = set()
        for name in MODULES:
            expected, _ = failures(name, memoryview, None)
            found, ran = failures(name, BoundToView, met)
            self.assertGreater(ran, 40, name)
            wrong = [f"{test}\n{trace}" for test, trace in found.items() if test not in expected]
            self.assertFalse(wrong, "\n".join(wrong))
        for at, entry in enumerate(DIFFERENCES):
            self.assertIn(at, met, f"listed, but View does as memoryview does: {entry}")

    def test_the_runner_notices_a_view_that_breaks_a_rule(self):
        def wrong(*arguments, **named):
            return memoryview(bytes(reversed(memoryview(*arguments, **named).tobytes())))

        expected, _ = failures(MODULES[0], memoryview, None)
        found, _ = failures(MODULES[0], wrong, set())
        self.assertTrue(set(found) - set(expected))


if __name__ == "__main__":
    unittest.main()
