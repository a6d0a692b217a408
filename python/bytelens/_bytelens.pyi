# The compiled half of the package. What stands between the marks is made from the registry of operations by
# tests/stub_ops.py; a test compares it.

from collections.abc import Iterator, Mapping, Sequence
from types import EllipsisType, GenericAlias, TracebackType
from typing import Any, Literal, Protocol, Self, SupportsIndex, TypedDict, final, type_check_only

from typing_extensions import Buffer as _Buffer

_Part = SupportsIndex | slice | EllipsisType | None
_Key = _Part | tuple[_Part, ...]
_Order = Literal["C", "F", "A"]

# What an operation takes for a parameter: its text form, a number, several of them, or a picture.
_Value = str | float | Sequence[str | float] | Image | View

# What exports the buffer protocol, or NumPy's older one.
@type_check_only
class _HasInterface(Protocol):
    @property
    def __array_interface__(self) -> dict[str, Any]: ...

_Exporter = _Buffer | _HasInterface
_Pixels = Image | _Exporter

@type_check_only
class _HasDLPack(Protocol):
    def __dlpack__(self, *, max_version: tuple[int, int] | None = ...) -> object: ...

@type_check_only
class _Param(TypedDict):
    name: str
    doc: str
    expected: str
    default: str

@type_check_only
class _Op(TypedDict):
    name: str
    kind: str
    doc: str
    params: list[_Param]

def decode(
    data: _Exporter, *, upright: bool = True, keep_profile: bool = False, max_pixels: int | None = None
) -> Image: ...
def encode(
    image: _Pixels,
    format: str = "jpeg",
    *,
    quality: int = 80,
    subsampling: str = "4:2:0",
    progressive: bool = False,
    optimize: bool = False,
    compression: int = 4,
    background: Sequence[int] | None = None,
) -> bytes: ...
def devices() -> list[str]: ...
def from_dlpack(object: _HasDLPack) -> View: ...
def ops() -> list[_Op]: ...
@final
class View:
    def __new__(cls, object: _Exporter) -> Self: ...
    @property
    def obj(self) -> object: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def readonly(self) -> bool: ...
    @property
    def format(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def itemsize(self) -> int: ...
    @property
    def ndim(self) -> int: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def strides(self) -> tuple[int, ...]: ...
    @property
    def suboffsets(self) -> tuple[int, ...]: ...
    @property
    def c_contiguous(self) -> bool: ...
    @property
    def f_contiguous(self) -> bool: ...
    @property
    def contiguous(self) -> bool: ...
    @property
    def T(self) -> Self: ...
    @property
    def __array_interface__(self) -> dict[str, Any]: ...
    # An element, whose type the format says, or a view of a part.
    def __getitem__(self, key: _Key, /) -> Any: ...
    def __setitem__(self, key: _Key, value: Any, /) -> None: ...
    def __delitem__(self, key: _Key, /) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: object, /) -> bool: ...
    def __le__(self, other: object, /) -> bool: ...
    def __gt__(self, other: object, /) -> bool: ...
    def __ge__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_exception: object) -> None: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __release_buffer__(self, buffer: memoryview, /) -> None: ...
    def __reduce_ex__(self, _protocol: object, /) -> Any: ...
    def __dlpack__(
        self,
        *,
        stream: object = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> object: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    def __class_getitem__(cls, key: object) -> GenericAlias: ...
    def cast(self, format: str, shape: list[int] | tuple[int, ...] = ...) -> Self: ...
    def field(self, name: str) -> Self: ...
    def permute(self, *order: SupportsIndex | Sequence[SupportsIndex]) -> Self: ...
    def transpose(self, *order: SupportsIndex | Sequence[SupportsIndex]) -> Self: ...
    def swap_axes(self, a: int, b: int) -> Self: ...
    def flip(self, axis: int = 0) -> Self: ...
    def reshape(self, *shape: SupportsIndex | Sequence[SupportsIndex], copy: bool = False) -> Self: ...
    def squeeze(self, axis: int) -> Self: ...
    def broadcast_to(self, *shape: SupportsIndex | Sequence[SupportsIndex]) -> Self: ...
    def windows(self, axis: int, size: int, step: int = 1) -> Self: ...
    def toreadonly(self) -> Self: ...
    def copy(self) -> Self: ...
    def tobytes(self, order: _Order | None = "C") -> bytes: ...
    def tolist(self) -> Any: ...
    def hex(self, sep: str | bytes = ..., bytes_per_sep: SupportsIndex = 1) -> str: ...
    def index(self, value: object, start: int = 0, stop: int = ..., /) -> int: ...
    def count(self, value: object, /) -> int: ...
    def release(self) -> None: ...

@final
class Buffer:
    def __new__(cls, source: _Exporter | int | None = None) -> Self: ...
    @property
    def holders(self) -> int: ...
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __release_buffer__(self, buffer: memoryview, /) -> None: ...
    def __reduce_ex__(self, _protocol: object, /) -> Any: ...
    def view(self) -> View: ...
    def hold_alone(self) -> View: ...
    def extend(self, more: _Exporter) -> None: ...
    def resize(self, len: int) -> None: ...
    def tobytes(self) -> bytes: ...

@final
class Device:
    @staticmethod
    def best() -> Device: ...
    @staticmethod
    def named(name: str) -> Device: ...
    @staticmethod
    def cpu(threads: int | None = None) -> Device: ...
    @property
    def name(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def is_cpu(self) -> bool: ...
    def upload(self, view: _Exporter) -> DeviceView: ...
    def run(self, pipeline: Pipeline | str, image: _Pixels) -> Image: ...

@final
class DeviceView:
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def strides(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...
    @property
    def ndim(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def T(self) -> Self: ...
    def __getitem__(self, key: _Key, /) -> Self: ...
    def __len__(self) -> int: ...
    def permute(self, *order: int) -> Self: ...
    def flip(self, axis: int = 0) -> Self: ...
    def reshape(self, *shape: int) -> Self: ...
    def cast(self, format: str) -> Self: ...
    def run(self, pipeline: Pipeline | str) -> Self: ...
    def download(self) -> View: ...
    def map(self) -> View: ...

# What a kernel's variable takes.
_Variable = _Exporter | DeviceView | bool | float | str | Sequence[Any]

@final
class Kernel:
    def __new__(
        cls, wgsl: str, *, name: str = "wgsl", entry: str | None = None, force: bool = False
    ) -> Self: ...
    @property
    def names(self) -> list[str]: ...
    @property
    def entry(self) -> str: ...
    def __call__(self, device: Device | None = None, /, **variables: _Variable) -> dict[str, View]: ...
    def call(
        self,
        variables: Mapping[str, _Variable] | None = None,
        device: Device | None = None,
        *,
        workgroups: Sequence[int] | None = None,
        repeat: int = 1,
        swap: Sequence[tuple[str, str]] = ...,
    ) -> dict[str, View]: ...

# The operations, as methods of pictures and pipelines alike.
@type_check_only
class _Ops:
    # <ops>
    def crop(self, /, size: _Value = "100%", gravity: _Value = "center", at: _Value = "auto") -> Self:
        """Keeps a rectangle of the picture and drops the rest."""
    def trim(self, /, tolerance: _Value = "0.05", margin: _Value = "0") -> Self:
        """Cuts off borders of one colour."""
    def flip(self, /, direction: _Value = "horizontal") -> Self:
        """Mirrors the picture."""
    def transpose(self, /, diagonal: _Value = "main") -> Self:
        """Mirrors the picture along a diagonal."""
    def orient(self, /) -> Self:
        """Turns the picture upright, as its EXIF orientation says."""
    def channels(self, /, pick: _Value = "rgb") -> Self:
        """Keeps some channels of each pixel."""
    def exposure(self, /, stops: _Value = "0") -> Self:
        """Changes the exposure by stops."""
    def brightness(self, /, factor: _Value = "1", light: _Value = "linear") -> Self:
        """Multiplies the light of each pixel."""
    def contrast(self, /, factor: _Value = "1", light: _Value = "srgb") -> Self:
        """Moves each pixel away from middle grey, or towards it."""
    def gamma(self, /, gamma: _Value = "1", light: _Value = "srgb") -> Self:
        """Lightens or darkens the middle tones, leaving black and white."""
    def levels(
        self, /, in_low: _Value = "0", in_high: _Value = "1", gamma: _Value = "1", out_low: _Value = "0",
        out_high: _Value = "1", clamp: _Value = "false", light: _Value = "srgb"
    ) -> Self:
        """Maps a range of numbers to another, with a power between."""
    def curve(self, /, points: _Value = "0:0,1:1", light: _Value = "srgb") -> Self:
        """Bends the tones along a smooth curve through points."""
    def normalize(self, /, cutoff: _Value = "0", per_channel: _Value = "false") -> Self:
        """Stretches the tones of the picture from black to white."""
    def equalize(self, /, per_channel: _Value = "false") -> Self:
        """Spreads the tones so that each is about as frequent as any other."""
    def temperature(self, /, kelvin: _Value = "6500", tint: _Value = "0") -> Self:
        """Sets the white balance."""
    def saturation(self, /, factor: _Value = "1", light: _Value = "linear") -> Self:
        """Moves each colour away from the grey of its luminance, or towards it."""
    def vibrance(self, /, amount: _Value = "0.5", light: _Value = "linear") -> Self:
        """Moves pale colours away from grey, and strong ones less."""
    def hue(self, /, angle: _Value = "0") -> Self:
        """Turns the hue of each colour."""
    def matrix(self, /, matrix: _Value = "identity", amount: _Value = "1", light: _Value = "srgb") -> Self:
        """Makes each channel a mix of red, green and blue."""
    def colorspace(self, /, to: _Value = "auto", from_: _Value = "auto", weights: _Value = "rec709") -> Self:
        """Converts colours to the numbers of another colour space."""
    def lut(self, /, table: _Value = "identity", amount: _Value = "1", light: _Value = "srgb") -> Self:
        """Looks colours up in a table, as colour grading does."""
    def profile(self, /, to: _Value = "srgb", from_: _Value = "own") -> Self:
        """Converts the picture's numbers to those of another ICC profile."""
    def grayscale(self, /, weights: _Value = "rec709", light: _Value = "linear") -> Self:
        """Turns colour into grey of the same luminance."""
    def duotone(self, /, shadows: _Value = "black", highlights: _Value = "white", light: _Value = "srgb") -> Self:
        """Runs from one colour in the shadows to another in the highlights."""
    def tint(self, /, color: _Value = "white", amount: _Value = "1", light: _Value = "linear") -> Self:
        """Moves every colour towards one of the same brightness."""
    def invert(self, /, light: _Value = "srgb") -> Self:
        """Turns the picture into its negative."""
    def posterize(self, /, levels: _Value = "4", light: _Value = "srgb") -> Self:
        """Reduces each channel to so many levels."""
    def threshold(self, /, level: _Value = "0.5", light: _Value = "srgb") -> Self:
        """Turns each channel black below a level, and white from it on."""
    def otsu(self, /, offset: _Value = "0") -> Self:
        """Turns each channel black or white, where the picture's tones part best."""
    def opacity(self, /, factor: _Value = "1") -> Self:
        """Multiplies alpha."""
    def flatten(self, /, background: _Value = "black", light: _Value = "linear") -> Self:
        """Lays the picture on a colour, and drops alpha."""
    def resize(
        self, /, size: _Value = "100%", fit: _Value = "inside", filter: _Value = "lanczos3", gravity: _Value
        = "center", enlarge: _Value = "false", dpr: _Value = "1", max_pixels: _Value = "0", background:
        _Value = "black", light: _Value = "linear"
    ) -> Self:
        """Resizes the picture."""
    def rotate(
        self, /, angle: _Value = "90", expand: _Value = "true", filter: _Value = "bicubic", edge: _Value =
        "constant", background: _Value = "black", light: _Value = "linear"
    ) -> Self:
        """Turns the picture clockwise."""
    def extend(self, /, by: _Value = "0", edge: _Value = "constant", background: _Value = "black") -> Self:
        """Adds a border to the picture."""
    def affine(
        self, /, map: _Value = "1,0,0/0,1,0", size: _Value = "100%", filter: _Value = "bicubic", edge:
        _Value = "constant", background: _Value = "black", light: _Value = "linear"
    ) -> Self:
        """Scales, shears, turns and moves the picture by a matrix."""
    def perspective(
        self, /, from_: _Value = "whole", to: _Value = "whole", size: _Value = "100%", filter: _Value =
        "bicubic", edge: _Value = "constant", background: _Value = "black", light: _Value = "linear"
    ) -> Self:
        """Maps four corners of the picture to four corners of the canvas."""
    def blur(self, /, sigma: _Value = "1", edge: _Value = "symmetric", light: _Value = "linear") -> Self:
        """Blurs with a Gaussian."""
    def box_blur(self, /, radius: _Value = "1", edge: _Value = "symmetric", light: _Value = "linear") -> Self:
        """Blurs with the mean of a square."""
    def sharpen(
        self, /, sigma: _Value = "1", amount: _Value = "1", threshold: _Value = "0", edge: _Value =
        "symmetric", light: _Value = "srgb"
    ) -> Self:
        """Sharpens with an unsharp mask."""
    def convolve(
        self, /, kernel: _Value = "1", normalize: _Value = "false", edge: _Value = "symmetric", light:
        _Value = "linear"
    ) -> Self:
        """Replaces each pixel by a weighted sum of those around it."""
    def sobel(self, /, scale: _Value = "0.70710677", edge: _Value = "symmetric", light: _Value = "srgb") -> Self:
        """Shows edges: the length of the slope at each pixel."""
    def median(self, /, radius: _Value = "1", edge: _Value = "symmetric") -> Self:
        """Replaces each channel by the middle value of a square."""
    def bilateral(
        self, /, sigma: _Value = "2", tolerance: _Value = "0.1", edge: _Value = "symmetric", light: _Value =
        "srgb"
    ) -> Self:
        """Smooths and keeps edges: a mean of those neighbours that have a like colour."""
    def denoise(
        self, /, strength: _Value = "0.1", search: _Value = "5", patch: _Value = "2", edge: _Value =
        "symmetric", light: _Value = "srgb"
    ) -> Self:
        """Takes away noise: a mean of those pixels around whose surroundings look alike."""
    def clahe(self, /, clip: _Value = "2", tiles: _Value = "8") -> Self:
        """Evens out contrast from place to place, within a limit."""
    def erode(self, /, radius: _Value = "1") -> Self:
        """Replaces each channel by its least value in a square."""
    def dilate(self, /, radius: _Value = "1") -> Self:
        """Replaces each channel by its greatest value in a square."""
    def open(self, /, radius: _Value = "1") -> Self:
        """Erodes and then dilates: light spots smaller than the square go, the rest keeps its size."""
    def close(self, /, radius: _Value = "1") -> Self:
        """Dilates and then erodes: dark spots smaller than the square go, the rest keeps its size."""
    def vignette(self, /, amount: _Value = "0.5", start: _Value = "0.25", light: _Value = "linear") -> Self:
        """Darkens the picture towards its corners."""
    def noise(
        self, /, sigma: _Value = "0.05", seed: _Value = "0", distribution: _Value = "gaussian", monochrome:
        _Value = "false", light: _Value = "srgb"
    ) -> Self:
        """Adds noise."""
    def overlay(
        self, /, picture: _Value = "none", blend: _Value = "over", gravity: _Value = "center", offset:
        _Value = "0,0", size: _Value = "auto", tile: _Value = "none", opacity: _Value = "1", light: _Value =
        "srgb"
    ) -> Self:
        """Lays another picture over each picture, as a watermark or a logo."""
    def mask(self, /, picture: _Value = "none", by: _Value = "luminance", invert: _Value = "false") -> Self:
        """Multiplies alpha by another picture."""
    def text(
        self, /, text: _Value = "", font: _Value = "open-sans", size: _Value = "5%", color: _Value =
        "white", gravity: _Value = "center", offset: _Value = "0,0", opacity: _Value = "1", width: _Value =
        "100%", align: _Value = "start", line_spacing: _Value = "1.2", background: _Value = "transparent",
        stroke: _Value = "0", stroke_color: _Value = "black", light: _Value = "srgb"
    ) -> Self:
        """Writes text on the picture."""
    def standardize(self, /, statistics: _Value = "none") -> Self:
        """Takes a mean off each channel and divides by a standard deviation, as models want it."""
    def cast(self, /, to: _Value = "f32") -> Self:
        """Sets the element type of the result."""
    # </ops>

@final
class Image(_Ops):
    def __new__(
        cls,
        pixels: _Exporter,
        *,
        alpha: Literal["straight", "premultiplied"] = "straight",
        transfer: Literal["srgb", "linear"] = "srgb",
    ) -> Self: ...
    @property
    def view(self) -> View: ...
    @property
    def shape(self) -> tuple[int, int, int]: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def pipeline(self) -> Pipeline: ...
    def then(self, op: str, /, *values: _Value, **named: _Value) -> Self: ...
    def on(self, device: Device) -> Self: ...
    def run(self) -> Self: ...
    def encode(self, format: str = "jpeg", /, **options: Any) -> bytes: ...
    def save(self, path: Any, /, **options: Any) -> None: ...

@final
class Pipeline(_Ops):
    def __new__(cls, text: str = "") -> Self: ...
    @property
    def ops(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def __or__(self, other: Pipeline | str, /) -> Self: ...
    def __ror__(self, other: object, /) -> Any: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def then(self, op: str, /, *values: _Value, **named: _Value) -> Self: ...
    def run(self, image: _Pixels, device: Device | None = None) -> Image: ...
    def explain(self, image: _Pixels, device: Device | None = None) -> str: ...
