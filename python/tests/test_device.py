"""Pictures, pipelines, devices and kernels: on the CPU, and on the GPU device, which is software here."""

import asyncio
import inspect
import io
import os
import pathlib
import tempfile
import threading
import unittest

import numpy
from PIL import Image as Pillow

import bytelens
from bytelens import Device, Image, Kernel, Pipeline, View

PICTURE = pathlib.Path(__file__).parents[2] / "examples" / "pictures" / "before.jpg"
CPU = Device.cpu()

SAXPY = """
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> offset: vec2f;
override a: f32 = 1.0;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&y) { y[id.x] = a * x[id.x] + y[id.x] + offset.x + offset.y; }
}
"""


def gpu():
    return Device.named(os.environ.get("BYTELENS_DEVICE", "software"))


def pixels(shape=(24, 36, 3), dtype="u1"):
    numbers = numpy.random.default_rng(8).random(shape)
    return (numbers * 255).astype("u1") if dtype == "u1" else numbers.astype(dtype)


class Pipelines(unittest.TestCase):
    def test_text_and_methods_are_the_same_pipeline(self):
        text = Pipeline("resize 12x12 fit=cover | blur 2 | colorspace lab")
        methods = Pipeline().resize("12x12", fit="cover").blur(2).colorspace("lab")
        self.assertEqual(text, methods)
        self.assertEqual(hash(text), hash(methods))
        self.assertEqual(str(text), "resize 12x12 fit=cover | blur 2 | colorspace lab")
        self.assertEqual(text.ops, ["resize", "blur", "colorspace"])
        self.assertEqual(Pipeline("resize 12x12 fit=cover") | "blur 2 | colorspace lab", text)
        self.assertEqual(str(Pipeline().colorspace(from_="lab", to="srgb")), "colorspace srgb from=lab")
        self.assertEqual(str(Pipeline().text("a | b")), 'text "a | b"')

    def test_pictures_run_chains_as_pipelines_do(self):
        source = pixels()
        expected = Pipeline("resize 12x12 fit=cover | blur 2").run(source, CPU)
        lazy = Image(source).on(CPU).resize("12x12", fit="cover").blur(2)
        self.assertEqual(lazy.shape, (12, 12, 3))
        self.assertEqual(lazy.view, expected.view)
        self.assertEqual(CPU.run("resize 12x12 fit=cover | blur 2", source).view, expected.view)
        self.assertEqual(asyncio.run(bytelens.aio.run("invert", source, CPU)).view[0, 0, 0], 255 - source[0, 0, 0])
        self.assertIn("pass 1", Pipeline("blur 2").explain(source, CPU))

    def test_every_op_is_a_method_with_its_parameters(self):
        for op in bytelens.ops():
            for cls in (Image, Pipeline):
                method = getattr(cls, op["name"])
                names = list(inspect.signature(method).parameters)[1:]
                self.assertEqual([name.rstrip("_") for name in names], [it["name"] for it in op["params"]])
                self.assertTrue(method.__doc__.startswith(op["doc"].splitlines()[0]))

    def test_view_ops_move_no_byte(self):
        source = pixels()
        turned = Image(source).flip().crop("10x10", at=(2, 3)).view
        self.assertTrue(turned.readonly)
        self.assertTrue(numpy.shares_memory(numpy.asarray(turned), source))
        self.assertEqual(turned.tobytes(), source[:, ::-1][3:13, 2:12].tobytes())

    def test_the_gpu_makes_what_the_cpu_makes(self):
        device = gpu()
        for dtype, most in (("u1", 1), ("f4", 2e-5)):
            for text in ("resize 20x20 | blur 1.5", "invert | gamma 2", "rotate 30", "median 2"):
                source = pixels(dtype=dtype)
                one = numpy.asarray(device.run(text, source).view).astype("f8")
                other = numpy.asarray(CPU.run(text, source).view).astype("f8")
                self.assertLessEqual(abs(one - other).max(), most, (dtype, text))

    def test_a_picture_may_be_laid_over_another(self):
        source, mark = pixels(), numpy.full((4, 4, 4), 255, "u1")
        laid = Image(source).on(CPU).overlay(Image(mark), gravity="northwest").view
        self.assertEqual(laid[:4, :4].tobytes(), b"\xff" * 48)
        self.assertEqual(laid[10].tobytes(), source[10].tobytes())

    def test_batch_gives_results_in_order_and_tells_how_far_it_is(self):
        done = []
        sources = [pixels(), PICTURE, str(PICTURE), pixels((8, 8))]
        made = bytelens.batch("resize 6x6 fit=fill", sources, device=CPU, workers=2, progress=done.append)
        self.assertEqual([image.shape[2] for image in made], [3, 3, 3, 1])
        self.assertEqual(done, [1, 2, 3, 4])
        with self.assertRaises(FileNotFoundError):
            list(bytelens.batch("invert", ["no such file.png"], device=CPU))

    def test_what_is_wrong_is_said(self):
        rows = [
            (lambda: Pipeline("blurr 2"), ValueError, 'did you mean "blur"'),
            (lambda: Pipeline().blur(-1), ValueError, "sigma"),
            (lambda: Pipeline().blur(sigmas=1), ValueError, "sigma"),
            (lambda: Pipeline().blur(None), TypeError, "NoneType"),
            (lambda: Pipeline().then("blur|invert"), ValueError, "name of an op"),
            (lambda: Image(numpy.zeros((4, 4, 5), "u1")), ValueError, "channels"),
            (lambda: Image(numpy.zeros((4, 4), "f8")), TypeError, "f32"),
            (lambda: Image(numpy.zeros(4, "u1")), ValueError, "height, width"),
            (lambda: Image(pixels(), alpha="none"), ValueError, "premultiplied"),
            (lambda: Device.named("no such adapter"), ValueError, "no such adapter"),
            (lambda: CPU.upload(b"abc"), RuntimeError, "software"),
            (lambda: CPU.run(7, pixels()), TypeError, "Pipeline"),
            (lambda: bytelens.decode(b"GIF89a..."), ValueError, "GIF"),
            (lambda: bytelens.encode(pixels(), "tga"), ValueError, "'png'"),
            (lambda: bytelens.encode(numpy.zeros((4, 4, 4), "u1")), ValueError, "background"),
        ]
        for at, (wrong, error, text) in enumerate(rows):
            with self.assertRaisesRegex(error, text, msg=at):
                wrong()


class Files(unittest.TestCase):
    def test_files_are_read_and_written_as_pillow_does(self):
        picture = bytelens.open(PICTURE)
        with Pillow.open(PICTURE) as reference:
            self.assertEqual(picture.view.tobytes(), reference.tobytes())
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "out.png")
            picture.resize("40x").save(path, compression=1)
            with Pillow.open(path) as written:
                self.assertEqual(written.size, (40, 27))
            self.assertEqual(bytelens.open(path).view, picture.resize("40x").view)
            with self.assertRaises(ValueError):
                picture.save(pathlib.Path(folder, "out.txt"))
            self.assertEqual(os.listdir(folder), ["out.png"])
            pathlib.Path(folder, "cut.png").write_bytes(path.read_bytes()[:100])
            with self.assertRaisesRegex(ValueError, "cut.png"):
                bytelens.open(pathlib.Path(folder, "cut.png"))
        with self.assertRaises(FileNotFoundError):
            bytelens.open("no such file.jpg")

    def test_bytes_go_through_memory(self):
        source = pixels()
        file = bytelens.encode(source, "png")
        self.assertEqual(bytelens.decode(View(file)).view, View(source))
        with Pillow.open(io.BytesIO(Image(source).encode("jpeg", quality=95))) as read:
            self.assertEqual((read.format, read.size), ("JPEG", (36, 24)))
        both = asyncio.run(self.both(source))
        self.assertEqual(both.view, View(source))

    async def both(self, source):
        return await bytelens.aio.decode(await bytelens.aio.encode(source, "png"))


class Kernels(unittest.TestCase):
    def test_views_go_up_and_come_back(self):
        device = gpu()
        numbers = numpy.arange(24, dtype="f4").reshape(4, 6)
        up = device.upload(View(numbers)[:, ::-1])
        self.assertEqual((up.shape, up.dtype, up.nbytes, up.ndim), ((4, 6), "f32", 96, 2))
        self.assertEqual(up[1:3, ::-2].download().tolist(), numbers[1:3, ::-1][:, ::-2].tolist())
        self.assertEqual(up.reshape(3, -1).download().tolist(), numbers[:, ::-1].reshape(3, 8).tolist())
        self.assertEqual(up.permute(1, 0).flip(0).download().tolist(), numbers.T.tolist())
        self.assertEqual(up.cast("B").download().tobytes(), View(numbers)[:, ::-1].tobytes())
        down = up.download()
        down[0, 0] = 7
        self.assertFalse(down.readonly)
        with up.map() as mapped:
            self.assertTrue(mapped.readonly)
            self.assertEqual(mapped.tolist(), numbers[:, ::-1].tolist())
        with self.assertRaises(IndexError):
            up[4]

    def test_a_pipeline_runs_where_the_pixels_are(self):
        source = pixels()
        down = gpu().upload(source).run("resize 20x20 | blur 1.5").run(Pipeline().invert()).download()
        expected = Pipeline("resize 20x20 | blur 1.5 | invert").run(source, CPU).view
        self.assertEqual(down.shape, expected.shape)
        apart = abs(numpy.asarray(down).astype("i4") - numpy.asarray(expected)).max()
        self.assertLessEqual(apart, 2)  # it is rounded in between
        with self.assertRaisesRegex(ValueError, "settle"):
            gpu().upload(source).run("normalize")

    def test_a_kernel_is_called_with_what_its_variables_are(self):
        device = gpu()
        kernel = Kernel(SAXPY, force=True)
        self.assertEqual(kernel.names, ["x", "y", "offset", "a"])
        x = numpy.arange(6, dtype="f4").reshape(2, 3)
        made = kernel(device, x=x, a=2.5, offset=[1, 2.0])
        self.assertEqual(list(made), ["y"])
        self.assertEqual(made["y"].tolist(), (2.5 * x + 3).tolist())
        up = device.upload(View(x)[::-1])
        made = kernel(device, x=up, y=x, offset=(0, 0))["y"]
        self.assertEqual(made.tolist(), (x[::-1] + x).tolist())
        self.assertEqual(x.tolist(), [[0, 1, 2], [3, 4, 5]])
        self.assertEqual(kernel(device, x=x, y=(3, 2), offset=[0, 0])["y"].shape, (3, 2))
        again = kernel.call({"x": x, "y": "x", "offset": [1, 0]}, device, repeat=3)["y"]
        self.assertEqual(again.tolist(), (3 * (x + 1)).tolist())
        self.assertEqual(asyncio.run(bytelens.aio.call(kernel, device, x=x, offset=[0, 0]))["y"], View(x))

    def test_what_does_not_fit_is_said(self):
        device = gpu()
        kernel = Kernel(SAXPY, force=True)
        x = numpy.zeros(4, "f4")
        rows = [
            (lambda: Kernel("fn main() {"), ValueError, "wgsl"),
            (lambda: kernel(device, x=x), ValueError, "offset"),
            (lambda: kernel(device, x=x.astype("f8"), offset=[0, 0]), (ValueError, TypeError), "f64"),
            (lambda: kernel(device, x=x, offset=[0, 0], z=1), ValueError, "z"),
            (lambda: kernel(device, x=x, offset=[0]), ValueError, "offset"),
            (lambda: kernel(device, x="y", offset=[0, 0]), TypeError, "str"),
            (lambda: kernel(device, offset=[0, 0]), ValueError, "how large"),
            (lambda: kernel(CPU, x=x, offset=[0, 0]), RuntimeError, "runs no kernel"),
        ]
        for at, (wrong, error, text) in enumerate(rows):
            with self.assertRaisesRegex(error, text, msg=at):
                wrong()

    def test_other_threads_run_meanwhile(self):
        source = pixels((1200, 1200, 3))
        ticks, stop = [], threading.Event()

        def tick():
            while not stop.wait(0.001):
                ticks.append(1)

        thread = threading.Thread(target=tick)
        thread.start()
        Pipeline("blur 20 | median 3").run(source, CPU)
        stop.set()
        thread.join()
        self.assertGreater(len(ticks), 10)


if __name__ == "__main__":
    unittest.main()
