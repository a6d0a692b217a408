"""Arrays of pointers (suboffsets), which CPython's own `_testbuffer` makes, with NumPy as the oracle."""

import gc
import random
import sys
import unittest

import numpy

from bytelens import View
from test_view import some_key

try:
    from _testbuffer import ND_PIL, ND_WRITABLE, ndarray
except ImportError:
    ndarray = None


def arrays(shape):
    """The same numbers behind pointers, and in a row."""
    oracle = numpy.arange(numpy.prod(shape), dtype="u2").reshape(shape)
    items = oracle.reshape(-1).tolist()
    return ndarray(items, shape=list(shape), format="H", flags=ND_PIL | ND_WRITABLE), oracle


@unittest.skipUnless(ndarray, "the interpreter came without _testbuffer")
class Pointers(unittest.TestCase):
    def test_expressions_read_and_write_as_numpy_does(self):
        chance = random.Random(8)
        parts = 0
        for _ in range(2_000):
            exporter, oracle = arrays([chance.randrange(1, 5) for _ in range(chance.randrange(1, 4))])
            view = View(exporter)
            for _ in range(chance.randrange(1, 3)):
                key = some_key(chance, oracle.shape)
                try:
                    expected = oracle[key]
                except IndexError:
                    break
                try:
                    got = view[key]
                except NotImplementedError:
                    # A pointer behind an axis that stays, or a suboffset below 0.
                    break
                self.assertEqual(got if numpy.isscalar(expected) else got.tolist(), expected.tolist(), key)
                if numpy.isscalar(expected) or not expected.size:
                    break
                parts += 1
                self.assertEqual(got.shape, expected.shape)
                self.assertEqual(got.tobytes(), expected.tobytes())
                self.assertEqual(got.obj, exporter)
                view[key], oracle[key] = 7, 7
                view, oracle = got, expected
                self.assertEqual(view.tolist(), oracle.tolist())
        self.assertGreater(parts, 1_500)

    def test_a_row_is_no_array_of_pointers(self):
        exporter, oracle = arrays((3, 4))
        row = View(exporter)[1]
        self.assertEqual((row.suboffsets, row.strides, row.c_contiguous), ((), (2,), True))
        self.assertEqual(numpy.asarray(row).tolist(), oracle[1].tolist())
        self.assertEqual([part.tolist() for part in View(exporter)], oracle.tolist())
        with self.assertRaises(NotImplementedError):
            View(exporter)[None, 1]

    def test_parts_are_exported_with_their_suboffsets(self):
        exporter, oracle = arrays((4, 5))
        part = View(exporter)[1:, 1::2]
        self.assertEqual(memoryview(part).tolist(), oracle[1:, 1::2].tolist())
        self.assertEqual(View(part)[-1, 0], oracle[-1, 1])
        with self.assertRaises(BufferError):
            numpy.asarray(part)

    def test_parts_keep_the_exporter_and_no_longer(self):
        exporter, oracle = arrays((2, 2))
        references = sys.getrefcount(exporter)
        whole = View(exporter)
        row = whole[1]
        whole.release()
        del whole
        self.assertEqual(row.tolist(), oracle[1].tolist())
        self.assertGreater(sys.getrefcount(exporter), references)
        # What stands between is for views alone: its bytes may not be there.
        for between in gc.get_referents(*gc.get_referents(row)):
            with self.assertRaises((BufferError, TypeError)):
                memoryview(between)
        row.release()
        del between
        self.assertEqual(sys.getrefcount(exporter), references)


if __name__ == "__main__":
    unittest.main()
