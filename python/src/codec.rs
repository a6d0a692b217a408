//! JPEG and PNG files as pictures, and back.

use bytelens::codec::{EncodeOptions, Format, Subsampling};
use bytelens::{Device as AnyDevice, Pipeline};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::raised;
use crate::image::Image;
use crate::pipeline::limits;
use crate::view::View;

/// Reads a picture from the bytes of a JPEG or PNG file.
///
/// It is turned upright, as its EXIF data says, and its colours are converted to sRGB, unless told otherwise.
/// Raises `ValueError` for bytes that are no such file, are damaged, or are more than `max_pixels` (512 Mi).
#[pyfunction]
#[pyo3(signature = (data, *, upright = true, keep_profile = false, max_pixels = None))]
pub(crate) fn decode(
    data: &Bound<'_, PyAny>,
    upright: bool,
    keep_profile: bool,
    max_pixels: Option<u64>,
) -> PyResult<Image> {
    let py = data.py();
    let view = View::of(data)?;
    let file = view.lent(py)?;
    let decoded = py.detach(|| {
        let whole = file.view();
        let copy = if whole.as_bytes().is_none() { Some(whole.to_bytes()?) } else { None };
        let bytes = copy.as_deref().or(whole.as_bytes()).unwrap_or_default();
        let mut image = bytelens::codec::decode(bytes, &limits(max_pixels))?;
        if upright {
            image = image.upright()?;
        }
        if !keep_profile && image.info().profile.is_some() {
            image = "profile".parse::<Pipeline>()?.run(&AnyDevice::cpu(), &image)?;
        }
        Ok(image)
    });
    decoded.map(Image::new).map_err(raised)
}

/// Writes a picture, or what exports pixels, as the bytes of a JPEG or PNG file.
///
/// `quality` is 1 to 100, `compression` (PNG) 0 to 9, `background` the (r, g, b) that shows through alpha. Raises
/// `ValueError` for what the format cannot hold.
#[pyfunction]
#[pyo3(
    signature = (
        image, format = "jpeg", *, quality = 80, subsampling = "4:2:0", progressive = false,
        optimize = false, compression = 4, background = None
    )
)]
#[allow(clippy::too_many_arguments, reason = "named on the other side")]
pub(crate) fn encode<'py>(
    image: &Bound<'py, PyAny>,
    format: &str,
    quality: u8,
    subsampling: &str,
    progressive: bool,
    optimize: bool,
    compression: u8,
    background: Option<[u8; 3]>,
) -> PyResult<Bound<'py, PyBytes>> {
    let py = image.py();
    let Some(format) = Format::from_extension(format) else {
        let message = format!("encode: format must be 'jpeg' or 'png', got {format:?}");
        return Err(PyValueError::new_err(message));
    };
    let mut options = EncodeOptions::new(format);
    options.quality = quality;
    options.subsampling = Subsampling::from_name(subsampling).map_err(raised)?;
    options.progressive = progressive;
    options.optimize = optimize;
    options.compression = compression;
    options.background = background;
    let image = Image::of(image)?;
    let file = py.detach(|| bytelens::codec::encode(&image, &options)).map_err(raised)?;
    Ok(PyBytes::new(py, &file))
}
