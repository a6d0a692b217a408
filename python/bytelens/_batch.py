"""Many pictures through one pipeline."""

from __future__ import annotations

import collections
import concurrent.futures
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from . import _bytelens, _files

if TYPE_CHECKING:
    from ._bytelens import Device, Image, Pipeline, _Pixels

    Source = _Pixels | str | os.PathLike[str]


def batch(
    pipeline: Pipeline | str,
    images: Iterable[Source],
    *,
    device: Device | None = None,
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Iterator[Image]:
    """Runs a pipeline, or its text, on many pictures, and gives the results in order as they come.

    `images` is any iterable of pictures, of what exports pixels, and of names of files; no more than a few are
    held at a time. `workers` threads work, two for each core unless given. `progress(done)` is called with the
    number of pictures done, in the thread that takes the results. An exception of one picture is raised where
    its result would be.
    """
    if isinstance(pipeline, str):
        pipeline = _bytelens.Pipeline(pipeline)
    device = device or _bytelens.Device.best()
    workers = workers or 2 * (os.cpu_count() or 1)
    return _results(pipeline, iter(images), device, workers, progress)


def _results(
    pipeline: Pipeline,
    images: Iterator[Source],
    device: Device,
    workers: int,
    progress: Callable[[int], object] | None,
) -> Iterator[Image]:
    def work(image: Source) -> Image:
        if isinstance(image, (str, os.PathLike)):
            image = _files.open(image)
        return pipeline.run(image, device)

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        coming: collections.deque[concurrent.futures.Future[Image]] = collections.deque()
        done = 0
        try:
            while True:
                for image in images:
                    coming.append(pool.submit(work, image))
                    if len(coming) >= 2 * workers:
                        break
                if not coming:
                    return
                result = coming.popleft().result()
                done += 1
                if progress is not None:
                    progress(done)
                yield result
        finally:
            for future in coming:
                future.cancel()
