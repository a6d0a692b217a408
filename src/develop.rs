//! JPEG pictures developed on a GPU: the entropy coding is undone on the host, pixels are made there.
//!
//! ```text
//!   file ─ host ─► Coefficients ─ upload ─► blocks ─ transform ─► samples of planes ─ pixels ─► DeviceView
//! ```
//!
//! What goes up is a fraction of the pixels: a word for each coefficient that is not zero, or all of them
//! where that is less. What comes of it is what [`Decoder::decode`](crate::codec::jpeg::Decoder::decode) gives on
//! the host, bit for bit, at every scale; it stays in device memory, for kernels and renderers to read.
//! This is *not* a decoder of its own: damage is found, and limits are held, by the half on the host.
//!
//! ```no_run
//! use bytelens::codec::jpeg::Decoder;
//! use bytelens::develop::Developer;
//! use bytelens::device::gpu::{GpuChoice, GpuDevice};
//! use bytelens::Limits;
//!
//! let developer = Developer::new(&GpuDevice::open(&GpuChoice::Best)?)?;
//! let file = std::fs::read("photo.jpg")?;
//! let pixels = developer.decode(&Decoder::new(&file, &Limits::default())?.scale_for(512, 512))?;
//! assert_eq!(pixels.shape()[2], 3); // u8, [height, width, channels]
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::codec::jpeg::{Coefficients, ComponentCoefficients, Decoder, Model, Plane, Rise, Scale};
use crate::device::gpu::{DeviceView, GpuDevice};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::{Dispatch, Kernel};
use crate::layout::Layout;
use crate::view::Buffer;

/// How coefficients go to the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packing {
    /// As takes fewer bytes, for each component.
    #[default]
    Smaller,
    /// All coefficients, 128 bytes a block.
    Dense,
    /// 4 bytes a block and 4 for each coefficient that is not zero.
    Sparse,
}

/// The second half of a JPEG decoder, on a GPU. Cloning it is cheap.
///
/// It holds what was compiled; make one for a device and keep it.
#[derive(Clone, Debug)]
pub struct Developer {
    device: GpuDevice,
    packing: Packing,
    blocks: Kernel,
    pixels: Kernel,
}

/// The blocks that a workgroup transforms.
const GROUP: usize = 8;

/// The parameters of a transform, as its WGSL has them.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Blocks {
    columns: u32,
    rows: u32,
    stride: u32,
    is_sparse: u32,
}

/// A plane, as the WGSL that makes pixels has it.
#[repr(C)]
#[derive(Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
struct Samples {
    rise: u32,
    stride: u32,
    last_x: u32,
    last_y: u32,
    ratio: [u32; 4],
}

/// The parameters of the WGSL that makes pixels.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Picture {
    width: u32,
    height: u32,
    model: u32,
    unused: u32,
    planes: [Samples; 4],
}

impl Developer {
    /// Makes one for a device.
    ///
    /// # Errors
    /// None is known; shaders of this crate are checked by its tests.
    pub fn new(device: &GpuDevice) -> Result<Self> {
        let blocks = include_str!("../shaders/jpeg/blocks.wgsl");
        let pixels = include_str!("../shaders/jpeg/pixels.wgsl");
        Ok(Self {
            device: device.clone(),
            packing: Packing::default(),
            blocks: Kernel::parse("jpeg_blocks", blocks)?,
            pixels: Kernel::parse("jpeg_pixels", pixels)?.with_entry("make_pixels")?,
        })
    }

    /// Sets how coefficients go to the device.
    #[must_use]
    pub fn with_packing(mut self, packing: Packing) -> Self {
        self.packing = packing;
        self
    }

    /// Decodes a picture to `u8[height, width, channels]` in device memory, at the decoder's scale, grey or
    /// RGB. Neither orientation nor colour profile is applied; the decoder tells them.
    ///
    /// # Errors
    /// Those of [`Decoder::coefficients`] and [`develop`](Self::develop).
    pub fn decode(&self, decoder: &Decoder<'_>) -> Result<DeviceView> {
        self.develop(&decoder.coefficients()?, decoder.scaled_by())
    }

    /// Makes pixels of coefficients, `u8[height, width, channels]`.
    ///
    /// # Errors
    /// [`Error::Shape`] where the coefficients are not those of one picture; [`Error::Limit`] where the device
    /// cannot bind as much; [`Error::Device`] where it fails.
    pub fn develop(&self, coefficients: &Coefficients, scale: Scale) -> Result<DeviceView> {
        let (size, planes) = coefficients.planes(scale)?;
        let samples = planes
            .iter()
            .zip(&coefficients.components)
            .map(|(plane, component)| self.transform(plane, component))
            .collect::<Result<Vec<_>>>()?;
        match samples.as_slice() {
            [gray] => see(gray, [size[0], size[1], 1], gray.strides()[0]),
            _ => self.pixels(coefficients.model, size, &planes, &samples),
        }
    }

    /// Makes the samples of a plane: rows of bytes, filled up to whole words.
    fn transform(&self, plane: &Plane, component: &ComponentCoefficients) -> Result<DeviceView> {
        let [rows, columns] = plane.blocks;
        let groups = columns.div_ceil(GROUP);
        let shape = [rows * plane.side, groups * GROUP * plane.side];
        let packed = Packed::new(component, self.packing)?;
        let blocks = Blocks {
            columns: word(columns)?,
            rows: word(rows)?,
            stride: word(shape[1] / 4)?,
            is_sparse: u32::from(packed.starts.is_some()),
        };
        let factors = component.factors.view().to_vec::<u16>()?;
        let factors: Option<[i32; 64]> =
            factors.iter().map(|factor| i32::from(*factor)).collect::<Vec<_>>().try_into().ok();
        let factors = factors.ok_or_else(|| {
            let got = format!("{:?}", component.factors.shape());
            Error::shape("JPEG coefficients", "factors of shape [8, 8]", got)
        })?;
        let coefficients = self.device.upload(&packed.words.view())?;
        let starts = match &packed.starts {
            Some(starts) => self.device.upload(&starts.view())?,
            None => coefficients.clone(),
        };
        let entry = format!("transform_{}", plane.side);
        let call = self.blocks.with_entry(&entry)?.call();
        let mut outputs = call
            .uniform("blocks", &blocks)
            .uniform("factors", &factors)
            .bind("coefficients", &coefficients)
            .bind("starts", &starts)
            .output("samples", (DType::U8, shape))
            .dispatch(Dispatch::Groups([word(groups)?, word(rows)?, 1]))
            // Loops go over the 64 coefficients of a block at most, whatever the driver does with long ones.
            .force()
            .run(&self.device)?;
        outputs.take("samples")
    }

    /// Makes pixels of samples of three or four planes.
    fn pixels(
        &self,
        model: Model,
        [height, width]: [usize; 2],
        planes: &[Plane],
        samples: &[DeviceView],
    ) -> Result<DeviceView> {
        let mut picture = Picture {
            width: word(width)?,
            height: word(height)?,
            model: match model {
                Model::Rgb => 1,
                Model::Cmyk => 2,
                Model::Ycck => 3,
                _ => 0,
            },
            unused: 0,
            planes: [Samples::default(); 4],
        };
        for ((seen, plane), samples) in picture.planes.iter_mut().zip(planes).zip(samples) {
            *seen = Samples::new(plane, samples)?;
        }
        let plane = |number: usize| samples.get(number).unwrap_or(&samples[0]);
        let padded = width.next_multiple_of(4);
        let mut outputs = self
            .pixels
            .call()
            .uniform("picture", &picture)
            .bind("first", plane(0))
            .bind("second", plane(1))
            .bind("third", plane(2))
            .bind("fourth", plane(3))
            .output("pixels", (DType::U8, [height, padded, 3]))
            .dispatch(Dispatch::Invocations([word(padded / 4)?, word(height)?, 1]))
            // It has no loop but those that drivers make of choices.
            .force()
            .run(&self.device)?;
        let pixels = outputs.take("pixels")?;
        see(&pixels, [height, width, 3], pixels.strides()[0])
    }
}

impl Samples {
    fn new(plane: &Plane, samples: &DeviceView) -> Result<Self> {
        let [height, width] = plane.size;
        let [(across, columns), (down, rows)] = plane.ratio;
        Ok(Self {
            rise: match plane.rise {
                Rise::None => 0,
                Rise::Columns => 1,
                Rise::Rows => 2,
                Rise::Both => 3,
                Rise::Nearest(_) => 4,
            },
            stride: word(samples.shape()[1] / 4)?,
            last_x: word(width)? - 1,
            last_y: word(height)? - 1,
            ratio: [word(across)?, word(columns)?, word(down)?, word(rows)?],
        })
    }
}

/// Coefficients as they go to the device.
struct Packed {
    /// All coefficients, or value and place of each that is not zero.
    words: Buffer,
    /// If those: where the words of each block start, and where the last one's end.
    starts: Option<Buffer>,
}

impl Packed {
    fn new(component: &ComponentCoefficients, packing: Packing) -> Result<Self> {
        let dense = || Ok(Self { words: component.blocks.clone(), starts: None });
        if packing == Packing::Dense {
            return dense();
        }
        let values = component.blocks.view().to_vec::<i16>()?;
        let (blocks, _) = values.as_chunks::<64>();
        let most = if packing == Packing::Sparse { usize::MAX } else { 31 * blocks.len() };
        let mut starts = Vec::with_capacity(blocks.len() + 1);
        let mut words: Vec<u32> = Vec::new();
        for block in blocks {
            starts.push(word(words.len())?);
            let used = block.iter().zip(0_u32..).filter(|(value, _)| **value != 0);
            words.extend(used.map(|(value, place)| place << 16 | u32::from(value.cast_unsigned())));
            if words.len() > most {
                return dense();
            }
        }
        starts.push(word(words.len())?);
        // No device has memory of no bytes.
        words.push(0);
        let (count, blocks) = (words.len(), starts.len());
        let starts = Buffer::from_vec(starts, &[blocks])?;
        Ok(Self { words: Buffer::from_vec(words, &[count])?, starts: Some(starts) })
    }
}

impl Coefficients {
    /// Returns the bytes that go to a device to be developed there, all components together.
    ///
    /// # Errors
    /// [`Error::Limit`] where they are too many to count in 32 bits.
    pub fn upload_bytes(&self, packing: Packing) -> Result<usize> {
        let bytes = |component| {
            let packed = Packed::new(component, packing)?;
            let starts = packed.starts.map_or(0, |starts| starts.view().nbytes());
            Ok(packed.words.view().nbytes() + starts)
        };
        self.components.iter().map(bytes).sum()
    }
}

/// Sees the first pixels of rows that are longer.
fn see(rows: &DeviceView, shape: [usize; 3], stride: isize) -> Result<DeviceView> {
    let strides = [stride, isize::try_from(shape[2]).unwrap_or(1), 1];
    rows.with_layout(Layout::new(DType::U8, &shape, &strides, 0)?)
}

/// A number as a shader takes it.
fn word(number: usize) -> Result<u32> {
    u32::try_from(number).map_err(|_| Error::Limit {
        what: "a number in a shader".to_owned(),
        got: number.to_string(),
        limit: u32::MAX.to_string(),
        hint: "decode it on the CPU".to_owned(),
    })
}

#[cfg(test)]
mod tests;
