//! bytelens is memoryview for the GPU.
//!
//! A [`View`] casts, reshapes, slices and permutes any bytes without copying them. The same view goes
//! up to a GPU storage buffer, through compute shaders, and comes back through the same view API. On
//! this foundation stand image operations that run on the CPU and the GPU alike.
//!
//! # Views
//!
//! ```
//! use bytelens::{Buffer, View};
//!
//! let frame = Buffer::from_vec((0..24u8).collect(), &[2, 4, 3])?; // rows, columns, channels
//! let view = frame.view();
//! let green = view.slice(2, 1..2)?; // every pixel's second channel: no byte moves
//! assert_eq!(green.shape(), [2, 4, 1]);
//! let turned = view.permute(&[1, 0, 2])?.flip(0)?; // a quarter turn: no byte moves
//! assert_eq!(turned.get::<u8>(&[0, 1, 0])?, 21);
//! assert_eq!(turned.to_bytes()?[..3], [9, 10, 11]); // the one copy, at the end
//! # Ok::<(), bytelens::Error>(())
//! ```
//!
//! # Pictures
//!
#![cfg_attr(feature = "codecs", doc = "```no_run")]
#![cfg_attr(not(feature = "codecs"), doc = "```ignore")]
//! use bytelens::{Device, Limits, Pipeline, codec};
//!
//! let photo = codec::decode(&std::fs::read("photo.jpg")?, &Limits::default())?.upright()?;
//! let pipeline: Pipeline = "resize 800x600 fit=cover | blur 2 | grayscale".parse()?;
//! let small = pipeline.run(&Device::best(), &photo)?;
//! let file = codec::encode(&small, &codec::EncodeOptions::new(codec::Format::Jpeg))?;
//! std::fs::write("small.jpg", file)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where things are
//!
//! | module | what it is |
//! |---|---|
//! | [`dtype`], [`layout`], [`view`] | elements, shapes and strides, bytes seen through them |
//! | [`image`], `codec`, [`limits`] | what the numbers of a picture mean; files; caps |
//! | [`stats`] | what the numbers of a picture are: range, mean, percentiles, histogram |
//! | [`op`], [`ops`], [`describe`] | what an operation is; the operations; their docs |
//! | [`kernel`] | a user's own WGSL: variables bound by name, run on views |
//! | [`device`], [`pipeline`], [`check`] | who runs passes; chains of ops; a device against the reference |
//! | `batch` | many pictures by one plan, each accounted for |
//!
//! # Features
//!
//! - `gpu` (default): the GPU device, through wgpu, which is re-exported as `wgpu`.
//! - `codecs` (default): JPEG and PNG files, decoded and encoded.
//! - `formats`: WebP, TIFF, QOI and OpenEXR as well; GIF, BMP, PNM, ICO, TGA, Radiance HDR and JPEG XL, decoded.
//! - `text`: the op `text` draws; the font Open Sans comes along.
//! - `batch`: many pictures by one plan into many files, with a report that accounts for each.
//! - `cli`: the `bytelens` command.
//! - `mmap`: files mapped into memory, `Buffer::map` and `Foreign::map`.
//! - `ndarray`: views of `ndarray` arrays and back, in place.
//! - `image`: views of pictures of the `image` crate, in place, and pictures of views.
#![deny(unsafe_code)]

#[cfg(feature = "batch")]
pub mod batch;
pub mod check;
#[cfg(feature = "codecs")]
pub mod codec;
pub mod describe;
#[cfg(all(feature = "gpu", feature = "codecs"))]
pub mod develop;
pub mod device;
pub mod dtype;
pub mod error;
#[cfg(feature = "icc")]
mod icc;
pub mod image;
#[cfg(feature = "gpu")]
pub mod kernel;
pub mod layout;
pub mod limits;
pub mod op;
pub mod ops;
pub mod pipeline;
mod simd;
pub mod stats;
pub mod view;

pub use self::image::{Image, ImageInfo, Orientation, PixelFormat};
pub use device::Device;
pub use dtype::{ByteOrder, DType, Element, Field, Kind};
pub use error::{Error, Result};
pub use layout::{Index, Layout, Slice};
pub use limits::Limits;
pub use pipeline::Pipeline;
pub use simd::Level;
pub use view::{
    Buffer, Foreign, Growable, Hold, Overlapping, Owner, Typed, Value, View, ViewMut, npy,
};

#[cfg(feature = "gpu")]
pub use device::gpu::DeviceView;
#[cfg(feature = "gpu")]
pub use kernel::Kernel;
#[cfg(feature = "gpu")]
pub use wgpu;

/// The README's examples, run with the doc-tests.
#[cfg(all(doctest, feature = "gpu", feature = "codecs"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
