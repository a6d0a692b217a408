//! Files to arrays: whole, checked, in the byte order of this machine.

use std::fs::File;
use std::io::Read;

use bytelens::{Buffer, ByteOrder, DType, Error, Limits, View, codec, npy};

use super::format::Format;
use super::openexr;
use super::picture;
use super::spec::{FileSpec, Place};
use super::tensors;
use crate::stop::{reason, shown};

/// Reads the array that is bound to `name`.
pub(super) fn read(name: &str, spec: &FileSpec) -> Result<Buffer, String> {
    let file = match &spec.place {
        Place::File(path) => shown(path),
        Place::Standard | Place::Nowhere => "standard input".to_owned(),
    };
    let array = bytes(&spec.place).and_then(|bytes| array(name, spec, bytes));
    array.map_err(|problem| format!("{file}: {problem}"))
}

/// Reads all bytes of a file or of standard input.
fn bytes(place: &Place) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("cannot read: {}", reason(&error));
    let mut bytes = Vec::new();
    match place {
        Place::Standard | Place::Nowhere => {
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
        }
        Place::File(path) => {
            let mut file = File::open(path).map_err(failed)?;
            let known = file.metadata().map_err(failed)?;
            if known.is_dir() {
                return Err("cannot read: it is a folder".to_owned());
            }
            let size = usize::try_from(known.len()).unwrap_or(usize::MAX);
            bytes
                .try_reserve_exact(size)
                .map_err(|_| format!("cannot read: no memory for {size} bytes"))?;
            file.read_to_end(&mut bytes).map_err(failed)?;
        }
    }
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(bytes)
}

fn array(name: &str, spec: &FileSpec, bytes: Vec<u8>) -> Result<Buffer, String> {
    let told = |error: Error| error.to_string();
    let format = Format::of_input(spec, &bytes);
    let wanted = spec.dtype.clone();
    let found = match format {
        Format::Raw => return raw(spec, bytes),
        Format::Y4m => {
            return Err("films are written, not read; give its frames as pictures".to_owned());
        }
        Format::Picture(_) => {
            let image = codec::decode(&bytes, &Limits::default()).and_then(|image| image.upright());
            let pixels = picture::with_channels(&image.map_err(told)?, spec.channels)?;
            let pixels = match wanted.as_ref().filter(|dtype| picture::is_float(dtype)) {
                Some(dtype) => picture::unit_floats(&pixels.view(), dtype).map_err(told)?,
                None => pixels,
            };
            return shaped(converted(pixels, wanted)?, spec.shape.as_deref());
        }
        Format::Exr => {
            let pixels = openexr::read(&bytes, spec.channels)?;
            return shaped(converted(pixels, wanted)?, spec.shape.as_deref());
        }
        Format::Npy => {
            let layout = npy::layout(&bytes).map_err(told)?;
            owned(bytes).and_then(|file| file.with_layout(layout)).map_err(told)?
        }
        Format::Npz => {
            let members = npy::members(&bytes).map_err(told)?;
            let names: Vec<_> = members.iter().map(npy::Member::name).collect();
            let at = member(name, spec, &names)?;
            let layout = members[at].layout(&bytes).map_err(told)?;
            owned(bytes).and_then(|file| file.with_layout(layout)).map_err(told)?
        }
        Format::Safetensors => {
            let layouts = tensors::layouts(&bytes)?;
            let names: Vec<_> = layouts.iter().map(|(name, _)| name.as_str()).collect();
            let at = member(name, spec, &names)?;
            let layout = layouts[at].1.clone();
            owned(bytes).and_then(|file| file.with_layout(layout)).map_err(told)?
        }
    };
    if spec.channels.is_some() {
        return Err("gray, rgb and rgba are for pictures".to_owned());
    }
    shaped(converted(found, wanted)?, spec.shape.as_deref())
}

fn owned(bytes: Vec<u8>) -> Result<Buffer, Error> {
    let len = bytes.len();
    Buffer::from_bytes(bytes, DType::U8, &[len])
}

/// Chooses among the arrays of a file: the one asked for, the only one, or the one of the variable's name.
fn member(name: &str, spec: &FileSpec, names: &[&str]) -> Result<usize, String> {
    let wanted = match (&spec.member, names) {
        (Some(member), _) => member,
        (None, [_]) => return Ok(0),
        (None, _) => name,
    };
    names.iter().position(|one| *one == wanted).ok_or_else(|| {
        let listed = if names.is_empty() { "no array".to_owned() } else { names.join(", ") };
        super::unknown("array", wanted, names.iter().copied(), &format!("the file has {listed}"))
    })
}

/// Takes bare bytes for what they are said to be.
fn raw(spec: &FileSpec, bytes: Vec<u8>) -> Result<Buffer, String> {
    let Some(dtype) = &spec.dtype else {
        return Err("raw bytes: say what they are, as in NAME=FILE:f32[1000,3]".to_owned());
    };
    if spec.channels.is_some() {
        return Err("gray, rgb and rgba are for pictures".to_owned());
    }
    let shape = spec.shape.as_deref().unwrap_or(&[-1]);
    let rest = shape
        .iter()
        .filter(|len| **len != -1)
        .try_fold(dtype.size(), |bytes, len| bytes.checked_mul(len.unsigned_abs()));
    let rest = rest.ok_or("the shape is too large for this machine")?;
    let mut lens: Vec<usize> = shape.iter().map(|len| len.unsigned_abs()).collect();
    if let Some(at) = shape.iter().position(|len| *len == -1) {
        let count = bytes.len().checked_div(rest).filter(|count| count * rest == bytes.len());
        lens[at] = count.ok_or_else(|| {
            format!(
                "it has {} bytes, which is no multiple of the {rest} of {dtype}{shape:?}",
                bytes.len()
            )
        })?;
    } else if rest != bytes.len() {
        return Err(format!("{dtype}{shape:?} needs {rest} bytes, it has {}", bytes.len()));
    }
    let array =
        Buffer::from_bytes(bytes, dtype.clone(), &lens).map_err(|error| error.to_string())?;
    converted(array, None)
}

/// Returns the elements as `dtype`, or as they are, in the byte order of this machine.
fn converted(array: Buffer, dtype: Option<DType>) -> Result<Buffer, String> {
    let native = || array.dtype().with_order(ByteOrder::NATIVE);
    let dtype = dtype.map_or_else(native, |dtype| dtype.with_order(ByteOrder::NATIVE));
    if *array.dtype() == dtype {
        return Ok(array);
    }
    let told = |error: Error| error.to_string();
    if *array.dtype() == DType::BOOL {
        // A truth value is a byte of 0 or 1.
        let bytes = array.layout().cast(DType::U8).and_then(|layout| array.with_layout(layout));
        return convert(&bytes.map_err(told)?.view(), &dtype).map_err(told);
    }
    convert(&array.view(), &dtype).map_err(told)
}

/// Copies numbers to another type.
pub(super) fn convert(view: &View<'_>, dtype: &DType) -> Result<Buffer, Error> {
    let mut target = Buffer::zeroed(dtype.clone(), view.shape())?;
    view.convert_to(&mut target.view_mut()?)?;
    Ok(target)
}

fn shaped(array: Buffer, shape: Option<&[isize]>) -> Result<Buffer, String> {
    let Some(shape) = shape else { return Ok(array) };
    let told = |error: Error| error.to_string();
    let array = if array.layout().is_contiguous() {
        array
    } else {
        array.view().to_contiguous().map_err(told)?
    };
    array.with_layout(array.layout().reshape(shape).map_err(told)?).map_err(told)
}
