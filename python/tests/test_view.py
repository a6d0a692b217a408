"""What `View` does beyond memoryview's own tests: sub-views, other exporters, consumers, call-backs."""

import array
import ctypes
import gc
import hashlib
import io
import mmap
import random
import socket
import struct
import tempfile
import unittest
import weakref
import zlib

import numpy
from PIL import Image as Pillow

import bytelens
from bytelens import View


def address(view):
    if isinstance(view, (View, memoryview)) and view.c_contiguous:
        view = view.cast("B")  # of structs, too, whose formats NumPy may not read
    return numpy.asarray(view).__array_interface__["data"][0]


def some_array(chance):
    """An array of any type, shape and strides."""
    dtype = chance.choice(["u1", "i1", "<i2", ">i2", "<u4", ">i4", "<f4", ">f8", "<i8", "?"])
    shape = [chance.randrange(1, 5) for _ in range(chance.randrange(1, 5))]
    made = numpy.arange(numpy.prod(shape) * 2).astype(dtype).reshape(*shape, 2)
    made = made.transpose(chance.sample(range(made.ndim), made.ndim))
    steps = tuple(slice(None, None, chance.choice([1, 1, -1, 2])) for _ in range(made.ndim))
    return made[steps]


def some_key(chance, shape):
    """An index expression, which may be wrong."""

    def bound(len):
        return chance.choice([None, chance.randrange(-len - 2, len + 3)])

    def part(len):
        if chance.random() < 0.45:
            return chance.randrange(-len - (chance.random() < 0.03), len)
        return slice(bound(len), bound(len), chance.choice([None, 1, 2, -1, -2, 3]))

    parts = [part(len) for len in shape[: chance.randrange(len(shape) + 1)]]
    if chance.random() < 0.3:
        at = chance.randrange(len(parts) + 1)
        behind = len(parts) - at
        parts = parts[:at] + [...] + [part(len) for len in shape[len(shape) - behind :]]
    if chance.random() < 0.2:
        parts.insert(chance.randrange(len(parts) + 1), None)
    if chance.random() < 0.03:
        parts += [0] * len(shape)
    return tuple(parts) if len(parts) != 1 or chance.random() < 0.5 else parts[0]


def outcome(work):
    try:
        return work()
    except (IndexError, TypeError) as error:
        return error


class SubViews(unittest.TestCase):
    def test_ten_thousand_expressions_read_as_numpy_reads_them(self):
        chance = random.Random(8)
        errors = parts = 0
        for _ in range(10_000):
            oracle = some_array(chance)
            key = some_key(chance, oracle.shape)
            expected, got = outcome(lambda: oracle[key]), outcome(lambda: View(oracle)[key])
            if isinstance(expected, Exception):
                # NumPy says IndexError for too many indices too, where memoryview says TypeError.
                self.assertIsInstance(got, (IndexError, TypeError), (oracle.shape, key))
                errors += 1
            elif isinstance(got, View):
                parts += 1
                self.assertEqual(got.shape, expected.shape, (oracle.shape, oracle.strides, key))
                self.assertEqual(got.tolist(), expected.tolist(), key)
                self.assertEqual(got.tobytes(), expected.tobytes(), key)
                self.assertEqual(got.tobytes("F"), expected.tobytes("F"), key)
                if expected.size:
                    self.assertEqual(address(got), address(expected), key)
            else:
                self.assertEqual(got, expected.item(), key)
        self.assertGreater(errors, 100)
        self.assertGreater(parts, 5_000)

    def test_ten_thousand_assignments_write_as_numpy_writes_them(self):
        chance = random.Random(9)
        written = 0
        for _ in range(10_000):
            oracle = some_array(chance).copy()
            mine = oracle.copy()
            key = some_key(chance, oracle.shape)
            part = outcome(lambda: oracle[key])
            if isinstance(part, Exception):
                continue
            if part.ndim == 0:
                value = chance.choice([0, 1])
            elif chance.random() < 0.3:
                # The array itself, or backwards: both sides overlap.
                source = outcome(lambda: oracle[some_key(chance, oracle.shape)])
                value = source if getattr(source, "shape", None) == part.shape else 1
            else:
                value = numpy.ones(part.shape, oracle.dtype)
            source = value
            if isinstance(value, numpy.ndarray) and numpy.shares_memory(value, oracle):
                offset = (address(value) - address(oracle)) if value.size else 0
                whole = mine.reshape(-1).view("u1")
                source = numpy.ndarray(value.shape, value.dtype, whole, offset, value.strides) if offset >= 0 else value.copy()
            oracle[key] = value
            View(mine)[key] = source
            self.assertEqual(mine.tobytes(), oracle.tobytes(), (oracle.shape, key))
            written += 1
        self.assertGreater(written, 7_000)

    def test_turning_and_reshaping_is_as_in_numpy(self):
        oracle = numpy.arange(120, dtype=">i4").reshape(2, 3, 4, 5)
        view = View(oracle)
        rows = [
            (view.T, oracle.T),
            (view.permute(2, 0, 3, 1), oracle.transpose(2, 0, 3, 1)),
            (view.permute([2, 0, 3, 1]), oracle.transpose(2, 0, 3, 1)),
            (view.swap_axes(0, -1), oracle.swapaxes(0, -1)),
            (view.flip(-2), numpy.flip(oracle, -2)),
            (view.reshape(6, -1), oracle.reshape(6, -1)),
            (view.reshape((4, 30)), oracle.reshape(4, 30)),
            (view[:, 1:2].squeeze(1), oracle[:, 1]),
            (view[0, 0].broadcast_to(2, 4, 5), numpy.broadcast_to(oracle[0, 0], (2, 4, 5))),
            (view.windows(3, 2), numpy.lib.stride_tricks.sliding_window_view(oracle, 2, 3)),
            (view.T.reshape(-1, copy=True), oracle.T.reshape(-1)),
        ]
        for at, (got, expected) in enumerate(rows):
            self.assertEqual((got.shape, got.tolist()), (expected.shape, expected.tolist()), at)
        with self.assertRaisesRegex(ValueError, "copy"):
            view.T.reshape(-1)
        self.assertTrue(view.windows(0, 1).readonly)

    def test_casts_go_along_the_last_axis_of_strided_views(self):
        oracle = numpy.arange(48, dtype="u1").reshape(4, 12)[::2]
        self.assertEqual(View(oracle).cast("<H").tolist(), oracle.view("<u2").tolist())
        self.assertEqual(View(oracle).cast(">I").tolist(), oracle.view(">u4").tolist())
        with self.assertRaises(TypeError):
            View(oracle[:, ::2]).cast("H")

    def test_elements_of_every_format_are_read_and_written(self):
        point = numpy.zeros(2, [("id", ">u2"), ("at", "<f4", (2,)), ("z", "c8"), ("name", "S3")])
        view = View(point)
        view[1] = (258, [0.5, 1.5], 1 - 2j, b"ab")
        self.assertEqual(point[1]["id"], 258)
        self.assertEqual(point[1]["at"].tolist(), [0.5, 1.5])
        self.assertEqual((point[1]["z"], point[1]["name"]), (1 - 2j, b"ab"))
        self.assertEqual(view[1], (258, [0.5, 1.5], 1 - 2j, b"ab\0"))
        self.assertEqual(view.field("id").tolist(), [0, 258])
        self.assertEqual(view, View(point.copy()))
        text = numpy.array(["grün", "x"])
        self.assertEqual(View(text).tolist(), ["grün", "x"])
        with self.assertRaises(ValueError):
            view.field("idd")

    def test_numbers_fill_parts_and_rows_are_repeated(self):
        grid = numpy.zeros((3, 4), "<i4")
        view = View(grid)
        view[1:, ::2] = 7
        view[:, 1] = View(numpy.array([1, 2, 3], "<i4"))
        view[:, 3:] = View(numpy.array([[9]], "<i4"))
        view[0, :1] = numpy.int32(0)
        self.assertEqual(grid.tolist(), [[0, 1, 0, 9], [7, 2, 7, 9], [7, 3, 7, 9]])
        with self.assertRaises(ValueError):
            View(bytearray(2))[:] = b"a"


class Exporters(unittest.TestCase):
    def test_no_exporter_is_copied(self):
        class Point(ctypes.Structure):
            _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]

        base = numpy.arange(24, dtype="<f8").reshape(4, 6)
        rows = [
            bytes(b"abc"),
            bytearray(b"abc"),
            array.array("d", [1, 2]),
            (ctypes.c_int * 3)(1, 2, 3),
            ((ctypes.c_short * 2) * 3)(),
            ctypes.c_double(1.5),
            (Point * 2)(Point(1, 2)),
            base,
            base[::-2, ::-1],
            base.T,
            numpy.asfortranarray(base),
            base.astype(">f8"),
            numpy.float64(2).reshape(()),
            numpy.zeros(3, "i4,f8"),
            numpy.empty((0, 3)),
            io.BytesIO(b"abc").getbuffer(),
            memoryview(bytearray(12)).cast("I")[::-1],
        ]
        for exporter in rows:
            view = View(exporter)
            reference = memoryview(exporter)
            facts = "format itemsize ndim shape strides nbytes readonly c_contiguous f_contiguous contiguous"
            for fact in facts.split():
                self.assertEqual(getattr(view, fact), getattr(reference, fact), (exporter, fact))
            self.assertEqual(view.tobytes(), reference.tobytes())
            if view.nbytes:
                self.assertEqual(address(view), address(reference), exporter)
            with memoryview(view) as back:
                self.assertIs(back.obj, view)
                self.assertEqual(back.strides, reference.strides)

    def test_a_mapped_file_is_held(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"abcdef")
            file.flush()
            mapped = mmap.mmap(file.fileno(), 6)
            view = View(mapped)[::2]
            view[0] = ord("z")
            self.assertEqual(mapped[:], b"zbcdef")
            with self.assertRaises(BufferError):
                mapped.close()
            view.release()
            mapped.close()

    def test_pillow_and_back(self):
        picture = Pillow.new("RGBA", (5, 4), (1, 2, 3, 4))
        view = View(picture)
        self.assertEqual((view.shape, view[3, 4].tolist()), ((4, 5, 4), [1, 2, 3, 4]))
        memory = View(bytearray(view.tobytes())).cast("B", (4, 5, 4))
        back = Pillow.frombuffer("RGBA", (5, 4), memory, "raw", "RGBA", 0, 1)
        memory[0, 0, 0] = 99
        self.assertEqual(back.getpixel((0, 0)), (99, 2, 3, 4))

    def test_dlpack_goes_both_ways_in_place(self):
        for dtype in ["u1", "i2", "u4", "i8", "f2", "f4", "f8", "c8", "c16", "?"]:
            oracle = numpy.arange(12).astype(dtype).reshape(3, 4)
            for made in (oracle, oracle[::-1, ::2], oracle.T):
                view = bytelens.from_dlpack(made)
                self.assertEqual(address(view), address(made), dtype)
                self.assertEqual((view.shape, view.strides), (made.shape, made.strides))
                self.assertEqual(view.tolist(), made.tolist())
                back = numpy.from_dlpack(View(made))
                self.assertEqual(address(back), address(made))
                self.assertEqual(back.tolist(), made.tolist())
        self.assertFalse(numpy.from_dlpack(View(b"abc")).flags.writeable)
        self.assertTrue(bytelens.from_dlpack(numpy.from_dlpack(View(b"abc"))).readonly)
        with self.assertRaises(BufferError):
            View(b"abc").__dlpack__()
        with self.assertRaises(BufferError):
            View(numpy.zeros(3, "i4,i2")["f0"]).__dlpack__(max_version=(1, 0))
        with self.assertRaises(TypeError):
            bytelens.from_dlpack(b"abc")
        capsule = View(bytearray(3)).__dlpack__(max_version=(1, 0))

        class Again:
            def __dlpack__(self, **_):
                return capsule

        bytelens.from_dlpack(Again())
        with self.assertRaises(BufferError):
            bytelens.from_dlpack(Again())

    def test_dlpack_keeps_the_memory(self):
        owner = bytearray(b"abc")
        view = View(owner)
        array = numpy.from_dlpack(view)
        view.release()
        with self.assertRaises(BufferError):
            owner.append(0)
        del array
        gc.collect()
        owner.append(0)
        View(owner).__dlpack__(max_version=(1, 0))  # a capsule that nobody takes
        gc.collect()
        owner.append(0)

    def test_array_interface_is_as_numpy_has_it(self):
        made = numpy.zeros((2, 3), [("x", "<i4"), ("y", ">f8")])[:, ::2]
        ours, theirs = View(made).__array_interface__, made.__array_interface__
        for key in ("typestr", "descr", "shape", "strides", "data"):
            self.assertEqual(ours[key], theirs[key], key)

    def test_what_exports_nothing_is_refused(self):
        for wrong in ("abc", 1, None, [1], {}):
            with self.assertRaisesRegex(TypeError, "bytes-like object is required"):
                View(wrong)


class Consumers(unittest.TestCase):
    def test_the_standard_library_takes_views(self):
        data = bytearray(range(64))
        view = View(data)
        self.assertEqual(hashlib.sha256(view).digest(), hashlib.sha256(data).digest())
        self.assertEqual(zlib.decompress(zlib.compress(view)), data)
        self.assertEqual(struct.unpack_from("<I", view, 4), struct.unpack_from("<I", data, 4))
        self.assertEqual(b"".join([view[:3], view[60:]]), bytes(data[:3] + data[60:]))
        self.assertEqual(io.BytesIO(b"xyz").readinto(view[10:13]), 3)
        self.assertEqual(data[10:13], b"xyz")
        self.assertEqual(bytes(view[::-1]), bytes(data)[::-1])
        with self.assertRaises((BufferError, ValueError)):
            hashlib.sha256(view[::2])

    def test_sockets_read_into_views_and_send_several(self):
        here, there = socket.socketpair()
        with here, there:
            data = bytearray(16)
            view = View(data)
            self.assertEqual(here.sendmsg([View(b"ab"), View(b"xcdx")[1:3]]), 4)
            self.assertEqual(there.recv_into(view[4:8]), 4)
            self.assertEqual(data[4:8], b"abcd")

    def test_consumers_keep_a_view_from_being_released(self):
        view = View(bytearray(8))
        one, other = memoryview(view), numpy.asarray(view)
        with self.assertRaisesRegex(BufferError, "2 exported buffers"):
            view.release()
        one.release()
        del other
        view.release()


class CallBacks(unittest.TestCase):
    """User code that releases the view in the middle of an operation."""

    def releasing(self, view, value=0):
        class Index:
            def __index__(self):
                view.release()
                return value

        return Index()

    def test_sub_views_and_assignments_touch_nothing_that_was_released(self):
        owner = bytearray(16)
        view = View(owner).cast("B", (4, 4))
        self.assertEqual(view[self.releasing(view) :, 1:].shape, (4, 3))
        view = View(owner).cast("B", (4, 4))
        with self.assertRaisesRegex(ValueError, "released"):
            view[self.releasing(view), 1:] = b"abc"
        view = View(owner).cast("B", (4, 4))
        view[0, self.releasing(View(b""), 2)] = 3
        view.release()
        owner.append(1)

    def test_comparing_may_release(self):
        view = View(b"abc")

        class Value:
            def __eq__(self, other):
                view.release()
                return False

        with self.assertRaisesRegex(ValueError, "released"):
            view.index(Value())
        with self.assertRaisesRegex(ValueError, "released"):
            next(iter(view))

    def test_hashing_the_exporter_may_release(self):
        class Exporter(bytes):
            def __hash__(self):
                view.release()
                return 1

        view = View(Exporter(b"abc"))
        with self.assertRaisesRegex(ValueError, "released"):
            hash(view)

    def test_exceptions_of_call_backs_pass_through(self):
        class Wrong:
            def __index__(self):
                raise ZeroDivisionError

            __bool__ = __float__ = __index__

        for format in "Bqfd?":
            with self.assertRaises(ZeroDivisionError):
                View(bytearray(8)).cast(format)[0] = Wrong()
        with self.assertRaises(ZeroDivisionError):
            View(b"abc")[Wrong() : 2]


class Lives(unittest.TestCase):
    def test_cycles_are_collected(self):
        class Exporter(bytearray):
            pass

        for turn in (lambda view: view, lambda view: view[1:], iter, lambda view: view.cast("b")):
            exporter = Exporter(b"abc")
            exporter.view = turn(View(exporter))
            gone = weakref.ref(exporter)
            del exporter
            gc.collect()
            self.assertIsNone(gone())

    def test_a_memoryview_in_garbage_is_cleared_without_a_crash(self):
        class Thing:
            pass

        inner = memoryview(b"abc")
        view = View(inner)
        thing = Thing()
        thing.inner, thing.view, thing.itself = inner, view, thing
        del inner, view, thing
        gc.collect()

    def test_parts_hold_the_exporter_after_the_whole_is_released(self):
        owner = bytearray(b"abcdef")
        whole = View(owner)
        part = whole[2:4]
        whole.release()
        self.assertEqual(part.tobytes(), b"cd")
        with self.assertRaises(BufferError):
            owner.append(1)
        del part
        owner.append(1)

    def test_memory_stays_flat(self):
        try:
            import resource

            with open("/proc/self/statm") as _:
                pass
        except (ImportError, OSError):
            self.skipTest("tells memory as Linux does")

        def resident():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * resource.getpagesize()

        def work(times):
            owner = bytearray(1000)
            for _ in range(times):
                with View(owner) as view:
                    view[1:9].cast("H")[::2].tobytes()
                    view.reshape(10, 100)[2:, ::3].T.tolist()
                    memoryview(view).release()
                    view == owner
                    try:
                        view[0] = self
                    except TypeError:
                        pass
                    numpy.from_dlpack(view)
                    bytelens.from_dlpack(numpy.frombuffer(owner, "u1"))
                cycle = [View(b"abc")]
                cycle.append(cycle)
                del cycle
                buffer = bytelens.Buffer(100)
                buffer.view().release()
                buffer.extend(b"abc")

        work(2_000)
        gc.collect()
        before = resident()
        work(5_000)
        gc.collect()
        self.assertLess(resident() - before, 2 << 20)


class Buffers(unittest.TestCase):
    def test_a_buffer_grows_while_nobody_holds_it(self):
        buffer = bytelens.Buffer(b"abc")
        view = buffer.view()
        part = view[1:]
        view.release()
        for action in (lambda: buffer.extend(b"d"), lambda: buffer.resize(9)):
            with self.assertRaisesRegex(BufferError, "held by 1 view"):
                action()
        with memoryview(buffer) as other:
            self.assertEqual(buffer.holders, 2)
            other[0] = ord("z")
        part.release()
        buffer.extend(View(b"ed")[::-1])
        buffer.resize(7)
        self.assertEqual((bytes(buffer), len(buffer)), (b"zbcde\0\0", 7))
        self.assertEqual(bytes(bytelens.Buffer(2)), b"\0\0")
        with self.assertRaises(ValueError):
            bytelens.Buffer(-1)

    def test_one_holder_may_have_it_alone(self):
        buffer = bytelens.Buffer(b"abc")
        with buffer.hold_alone() as view:
            for hold in (memoryview, View, bytelens.Buffer.hold_alone, bytes):
                with self.assertRaisesRegex(BufferError, "held by 1 view"):
                    hold(buffer)
            self.assertEqual(view[1:].tobytes(), b"bc")
        memoryview(buffer).release()

    def test_a_buffer_that_extends_itself_is_refused(self):
        buffer = bytelens.Buffer(b"abc")
        with buffer.view() as view:
            with self.assertRaises(BufferError):
                buffer.extend(view)
        buffer.extend(buffer)
        self.assertEqual(bytes(buffer), b"abcabc")


if __name__ == "__main__":
    unittest.main()
