"""PyTorch and back, in place. It is large, and no requirement of the tests: they run where it is installed."""

import importlib.util
import unittest

import numpy

import bytelens
from bytelens import View

if importlib.util.find_spec("torch"):
    import torch

TYPES = "uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128 bool".split()


@unittest.skipUnless(importlib.util.find_spec("torch"), "needs torch")
class Torch(unittest.TestCase):
    def test_tensors_go_both_ways_in_place(self):
        for name in TYPES:
            whole = torch.arange(24).reshape(2, 3, 4).to(getattr(torch, name))
            for tensor in (whole, whole.permute(2, 0, 1), whole[:, ::2], whole[1, 2, 3], whole[:0]):
                view = bytelens.from_dlpack(tensor)
                self.assertEqual(view.shape, tuple(tensor.shape), name)
                self.assertEqual(view.strides, tuple(stride * view.itemsize for stride in tensor.stride()))
                back = torch.from_dlpack(view)
                self.assertEqual((back.data_ptr(), back.stride()), (tensor.data_ptr(), tensor.stride()), name)
                self.assertTrue(torch.equal(back, tensor), name)
                # The buffer protocol has no code for bfloat16.
                if name != "bfloat16":
                    self.assertEqual(view.tolist(), tensor.tolist())
                    if tensor.numel():
                        self.assertEqual(view.__array_interface__["data"][0], tensor.data_ptr(), name)

    def test_what_one_side_writes_the_other_reads(self):
        owner = bytearray(8)
        tensor = torch.from_dlpack(View(owner).cast("f"))
        tensor[1] = 2.5
        view = bytelens.from_dlpack(tensor)
        view[0] = 1.5
        self.assertEqual(View(owner).cast("f").tolist(), [1.5, 2.5])

    def test_numpy_and_buffers_lead_there_in_place_too(self):
        view = View(bytearray(range(24))).cast("B", (2, 3, 4))[:, ::2]
        array = numpy.asarray(view)
        address = array.__array_interface__["data"][0]
        self.assertEqual(torch.from_numpy(array).data_ptr(), address)
        self.assertEqual(torch.asarray(view[0, 0]).data_ptr(), address)
        self.assertEqual(View(torch.from_numpy(array).numpy()).__array_interface__["data"][0], address)
        self.assertEqual(torch.frombuffer(view[0, 0], dtype=torch.uint8).data_ptr(), address)

    def test_the_memory_stays_as_long_as_the_tensor(self):
        buffer = bytelens.Buffer(b"abcd")
        view = buffer.view()
        tensor = torch.from_dlpack(view)
        view.release()
        with self.assertRaisesRegex(BufferError, "held by 1 view"):
            buffer.extend(b"e")
        tensor[0] = ord("A")
        del tensor
        buffer.extend(b"e")
        self.assertEqual(bytes(buffer), b"Abcde")
        view = bytelens.from_dlpack(torch.arange(3))
        self.assertEqual(view.tolist(), [0, 1, 2])

    def test_what_cannot_be_shared_is_refused(self):
        refused = [
            torch.ones(3, requires_grad=True),
            torch.ones(3, dtype=torch.complex64).conj(),
            torch.ones(3).to_sparse(),
        ]
        for tensor in refused:
            with self.assertRaises(BufferError):
                bytelens.from_dlpack(tensor)
        for view in (View(bytearray(4)).cast(">i"), View(bytearray(3)).cast("T{B:x:<H:y:}")):
            with self.assertRaises(BufferError):
                torch.from_dlpack(view)


if __name__ == "__main__":
    unittest.main()
