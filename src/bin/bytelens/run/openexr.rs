//! OpenEXR files as arrays and back: `[height, width, channels]` of f16, f32 or u32, as they are stored.
//!
//! Colour comes first, as R G B A or Y A, then all other channels in the order of their names. Numbers are
//! not scaled and mean light; nothing here changes them. Files of several parts give their first.

use std::borrow::Cow;
use std::io::Cursor;

use bytelens::{Buffer, DType, Error, Limits, View};
use exr::image::read::image::ReadLayers;
use exr::image::read::layers::ReadChannels;
use exr::image::write::WritableImage;
use exr::image::{AnyChannel, AnyChannels, Encoding, FlatSamples, Image, Layer};
use exr::math::Vec2;
use exr::meta::MetaData;
use exr::meta::attribute::Text;
use exr::meta::header::LayerAttributes;

/// More channels than anybody has, fewer than would not be named in order.
const MOST_CHANNELS: usize = 1000;

/// Reads the channels of the first part: all, or so many of colour, where a missing alpha is 1.
pub(super) fn read(bytes: &[u8], channels: Option<usize>) -> Result<Buffer, String> {
    check_size(bytes)?;
    let image = exr::image::read::read()
        .no_deep_data()
        .largest_resolution_level()
        .all_channels()
        .first_valid_layer()
        .all_attributes()
        .from_buffered(Cursor::new(bytes))
        .map_err(told)?;
    let Vec2(width, height) = image.layer_data.size;
    let stored = &image.layer_data.channel_data.list;
    let planes = match channels {
        None => all(stored),
        Some(count) => colour(stored, count)?,
    };
    together(&planes, [height, width])
}

/// Checks the sizes that the head tells, before memory is taken.
fn check_size(bytes: &[u8]) -> Result<(), String> {
    let limits = Limits::default();
    let head = MetaData::read_from_buffered(Cursor::new(bytes), false).map_err(told)?;
    for part in &head.headers {
        let Vec2(width, height) = part.layer_size;
        let planes = height.saturating_mul(part.channels.list.len());
        limits
            .check_size("the picture", width as u64, height as u64)
            .and_then(|()| limits.check_file((width as u64).saturating_mul(planes as u64 * 4)))
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// A channel as it is stored, or none: then it is 1 all over.
type Plane<'a> = Option<&'a FlatSamples>;

/// The last part of a name: `R` of `diffuse.R`.
fn short(channel: &AnyChannel<FlatSamples>) -> Cow<'_, str> {
    let name = channel.name.to_string();
    Cow::Owned(name.rsplit('.').next().unwrap_or_default().to_owned())
}

fn all(stored: &[AnyChannel<FlatSamples>]) -> Vec<Plane<'_>> {
    let rank = |channel: &AnyChannel<FlatSamples>| {
        let colours = ["R", "G", "B", "Y", "A"];
        colours.iter().position(|one| *one == short(channel)).unwrap_or(colours.len())
    };
    let mut sorted: Vec<_> = stored.iter().collect();
    // The others are in the order of their names already.
    sorted.sort_by_key(|channel| rank(channel));
    sorted.into_iter().map(|channel| Some(&channel.sample_data)).collect()
}

fn colour(stored: &[AnyChannel<FlatSamples>], count: usize) -> Result<Vec<Plane<'_>>, String> {
    let found = |name: &str| {
        stored.iter().find(|channel| short(channel) == name).map(|channel| &channel.sample_data)
    };
    let gray = found("Y");
    let missing = |name: &str| {
        let names: Vec<_> = stored.iter().map(|channel| channel.name.to_string()).collect();
        format!("it has no channel {name}, but {}; leave gray, rgb or rgba out", names.join(", "))
    };
    let names: &[&str] = if count < 3 { &["Y"] } else { &["R", "G", "B"] };
    let planes = names.iter().map(|name| found(name).or(gray).ok_or_else(|| missing(name)));
    let mut planes = planes.map(|plane| plane.map(Some)).collect::<Result<Vec<_>, _>>()?;
    if count.is_multiple_of(2) {
        planes.push(found("A"));
    }
    Ok(planes)
}

/// Lays channels side by side, in the type that holds them all.
fn together(planes: &[Plane<'_>], [height, width]: [usize; 2]) -> Result<Buffer, String> {
    let types: Vec<DType> = planes.iter().flatten().map(|plane| dtype(plane)).collect();
    let dtype = match types.iter().find(|dtype| **dtype != DType::F16) {
        None => DType::F16,
        Some(_) if types.iter().all(|dtype| *dtype == DType::U32) => DType::U32,
        Some(_) if types.contains(&DType::U32) => {
            return Err(
                "it mixes u32 with floats; name rgb or rgba, as in NAME=FILE:rgba".to_owned()
            );
        }
        Some(_) => DType::F32,
    };
    let told = |error: Error| error.to_string();
    let mut target = Buffer::zeroed(dtype, &[height, width, planes.len()]).map_err(told)?;
    let mut view = target.view_mut().map_err(told)?;
    for (at, plane) in planes.iter().enumerate() {
        let mut part = view.reborrow().index(2, at.cast_signed()).map_err(told)?;
        let shape = [height, width];
        match plane {
            None if *part.dtype() == DType::U32 => part.fill(1_u32),
            None if *part.dtype() == DType::F32 => part.fill(1.0_f32),
            None => part.fill(half::f16::ONE),
            Some(FlatSamples::F16(samples)) => {
                View::from_slice(samples, &shape).and_then(|view| view.convert_to(&mut part))
            }
            Some(FlatSamples::F32(samples)) => {
                View::from_slice(samples, &shape).and_then(|view| view.convert_to(&mut part))
            }
            Some(FlatSamples::U32(samples)) => {
                View::from_slice(samples, &shape).and_then(|view| view.convert_to(&mut part))
            }
        }
        .map_err(told)?;
    }
    drop(view);
    Ok(target)
}

fn dtype(samples: &FlatSamples) -> DType {
    match samples {
        FlatSamples::F16(_) => DType::F16,
        FlatSamples::F32(_) => DType::F32,
        FlatSamples::U32(_) => DType::U32,
    }
}

/// Returns the file of an array, compressed without loss.
pub(super) fn file(array: &Buffer) -> Result<Vec<u8>, String> {
    let view = array.view();
    let view = match *view.shape() {
        [_, _] => view.newaxis(2).map_err(|error| error.to_string())?,
        [_, _, 1..=MOST_CHANNELS] => view,
        _ => {
            return Err(format!(
                "a picture is of shape [height, width] or [height, width, channels], this is {}",
                array.layout()
            ));
        }
    };
    let [height, width, count] = [0, 1, 2].map(|axis| view.shape()[axis]);
    if height == 0 || width == 0 {
        return Err(format!("a picture of {width}x{height} pixels has none"));
    }
    let channels = (0..count).map(|at: usize| {
        let plane = view.index(2, at.cast_signed()).map_err(|error| error.to_string())?;
        Ok(AnyChannel::new(name(at, count), samples(&plane)?))
    });
    let channels = channels.collect::<Result<Vec<_>, String>>()?;
    let layer = Layer::new(
        (width, height),
        LayerAttributes::default(),
        Encoding::SMALL_LOSSLESS,
        AnyChannels::sort(channels.into()),
    );
    let mut file = Cursor::new(Vec::new());
    Image::from_layer(layer).write().to_buffered(&mut file).map_err(told)?;
    Ok(file.into_inner())
}

/// The name of a channel among so many.
fn name(at: usize, count: usize) -> Text {
    let names: &[&str] = match count {
        1 | 2 => &["Y", "A"],
        3 | 4 => &["R", "G", "B", "A"],
        // As many digits each, so that the order of names is theirs.
        _ => return Text::from(format!("c{at:03}").as_str()),
    };
    Text::from(names[at])
}

fn samples(plane: &View<'_>) -> Result<FlatSamples, String> {
    let told = |error: Error| error.to_string();
    match plane.dtype() {
        dtype if *dtype == DType::F16 => plane.to_vec().map(FlatSamples::F16).map_err(told),
        dtype if *dtype == DType::U32 => plane.to_vec().map(FlatSamples::U32).map_err(told),
        dtype if super::picture::is_float(dtype) => {
            let wide = super::read::convert(plane, &DType::F32).map_err(told)?;
            wide.view().to_vec().map(FlatSamples::F32).map_err(told)
        }
        dtype => Err(format!("OpenEXR holds f16, f32 and u32, this is {dtype}")),
    }
}

fn told(error: exr::error::Error) -> String {
    use exr::error::Error::{Aborted, Invalid, Io, NotSupported};
    match error {
        NotSupported(what) => format!("OpenEXR: {what} is not supported"),
        Invalid(what) => format!("damaged OpenEXR file: {what}"),
        Io(error) => format!("damaged OpenEXR file: {}", crate::stop::reason(&error)),
        Aborted => "OpenEXR: it was given up".to_owned(),
    }
}
