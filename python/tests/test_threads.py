"""Many threads on one view, one `Buffer`, one pipeline: nothing is torn, and what is released is refused."""

import sys
import sysconfig
import threading
import unittest

import bytelens
from bytelens import View

THREADS = 8
IS_FREE = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def together(*works):
    """Runs functions at once, each on a thread of its own; raises what one of them raised."""
    failed, start = [], threading.Barrier(len(works))

    def run(work):
        try:
            start.wait()
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


class Threads(unittest.TestCase):
    def setUp(self):
        # With a lock, too, threads take turns as often as they can.
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(1e-6)

    @unittest.skipUnless(IS_FREE, "needs an interpreter without the lock")
    def test_the_module_leaves_the_lock_off(self):
        self.assertFalse(sys._is_gil_enabled())

    def test_one_view_is_sliced_by_all(self):
        owner = bytearray(range(240))
        view = View(owner)

        def work():
            for _ in range(1_000):
                self.assertEqual(view[3:50][1], 4)
                self.assertEqual(view.cast("B", (24, 10))[2, 3], 23)
                self.assertEqual(view.reshape(24, 10).T[1:3, ::-1][0, 0], 231)
                self.assertEqual(len(view[::2].tobytes()), 120)

        together(*[work] * THREADS)
        view.release()
        owner.append(1)

    def test_all_write_their_own_part(self):
        owner = bytearray(8 * 64)
        view = View(owner).cast("B", (8, 64))

        def work(row):
            def write():
                for value in range(200):
                    view[row] = value
                    view[row, value % 64] = 255
                    view[row, 1:9] = view[row, ::8]

            return write

        together(*map(work, range(8)))
        self.assertEqual(len({bytes(row) for row in view}), 1)

    def test_what_is_released_in_the_middle_is_refused(self):
        for turn in range(40):
            owner = bytearray(100)
            view = View(owner)
            part = view.cast("B", (10, 10))
            refused = []

            def work():
                try:
                    while True:
                        view[2:50][::2].tobytes()
                        view[0] = 1
                        memoryview(view).release()
                        part[1:, turn % 10].tolist()
                except ValueError as error:
                    refused.append(str(error))

            def release():
                while True:
                    try:
                        return (part if turn % 2 else view).release()
                    except BufferError:
                        pass

            together(release, *[work] * 4)
            self.assertEqual(refused, ["operation forbidden on released View object"] * 4)
            (view if turn % 2 else part).release()
            owner.append(1)

    def test_a_buffer_grows_between_holds_alone(self):
        buffer = bytelens.Buffer(b"x" * 8)

        def hold():
            for _ in range(500):
                try:
                    with buffer.view() as view:
                        self.assertEqual(set(view.tobytes()), {ord("x")})
                except BufferError:
                    pass

        def grow():
            for size in range(50):
                while True:
                    try:
                        buffer.extend(b"x" * size)
                        break
                    except BufferError:
                        pass

        together(*[hold] * 4, *[grow] * 2)
        self.assertEqual(buffer.holders, 0)
        self.assertEqual(bytes(buffer), b"x" * (8 + 2 * sum(range(50))))

    def test_one_alone_means_one(self):
        buffer, inside, most = bytelens.Buffer(4), [], []

        def work():
            for _ in range(300):
                try:
                    with buffer.hold_alone() as view:
                        inside.append(view)
                        most.append(len(inside))
                        view[0] = 1
                        inside.pop()
                except BufferError:
                    pass

        together(*[work] * THREADS)
        self.assertEqual(set(most), {1})

    def test_one_pipeline_runs_on_all(self):
        source = View(bytearray(range(48))).cast("B", (4, 4, 3))
        pipeline, device = bytelens.Pipeline("resize 8x8 | blur 1"), bytelens.Device.cpu()
        expected = device.run(pipeline, source).view.tobytes()

        def work():
            for _ in range(20):
                self.assertEqual(device.run(pipeline, source).view.tobytes(), expected)

        together(*[work] * THREADS)


if __name__ == "__main__":
    unittest.main()
