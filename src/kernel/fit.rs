//! Whether what is bound has the bytes that a WGSL type sees: type by type, gap by gap.
//!
//! ```text
//!   array<vec3<f32>>   │x y z ·│x y z ·│      stride 16: an f32[n, 3] is refused, an f32[n, 4] fits
//!   f32[n, 3]          │x y z│x y z│          stride 12
//! ```
//!
//! Nothing here knows memory: a shape and an element type, both contiguous, stand for the view.

use super::wgsl::{Number, Wgsl};
use crate::dtype::{DType, Kind};

/// Why something does not fit: what is to be known of the WGSL type and of the view, and the mend.
#[derive(Debug, PartialEq)]
pub(super) struct Misfit {
    pub(super) of_type: String,
    pub(super) of_view: String,
    pub(super) mend: String,
}

fn misfit(
    of_type: impl Into<String>,
    of_view: impl Into<String>,
    mend: impl Into<String>,
) -> Misfit {
    Misfit { of_type: of_type.into(), of_view: of_view.into(), mend: mend.into() }
}

/// Checks that elements of `dtype` in a C-ordered array of `shape` are what `ty` sees.
pub(super) fn fits(ty: &Wgsl, dtype: &DType, shape: &[usize]) -> Result<(), Misfit> {
    let count: usize = shape.iter().product();
    let bytes = count * dtype.size();
    if !dtype.is_native() {
        return Err(misfit("", "not in this machine's byte order", "convert it to native order"));
    }
    if bytes == 0 {
        return Err(misfit("", "empty", "bind at least one element, or leave the kernel out"));
    }
    match dtype.kind() {
        Kind::Struct => structs_fit(ty, dtype, count),
        Kind::Bytes => size_fits(ty, bytes, dtype.size()),
        Kind::Text | Kind::Array => {
            Err(misfit("", "no number", "cast it to the numbers that the kernel reads"))
        }
        _ => numbers_fit(ty, dtype, shape, bytes),
    }
}

/// Returns the shape of the array that `ty` sees in what fits it: one invocation for each element.
pub(super) fn elements(ty: &Wgsl, dtype: &DType, shape: &[usize]) -> Vec<usize> {
    let Wgsl::Array { stride, .. } = ty else {
        // What is no array is looked at as it came.
        return shape.to_vec();
    };
    grouped(dtype.size(), shape, *stride).unwrap_or_else(|| {
        let bytes = shape.iter().product::<usize>() * dtype.size();
        vec![bytes / stride]
    })
}

/// Joins trailing axes into elements of `stride` bytes; none where an element would straddle rows.
fn grouped(size: usize, shape: &[usize], stride: usize) -> Option<Vec<usize>> {
    let mut axes = shape.to_vec();
    let mut bytes = size;
    while bytes < stride {
        let last = axes.pop()?;
        let row = bytes * last;
        if row != 0 && stride % row == 0 {
            bytes = row;
        } else if row > stride && row % stride == 0 {
            axes.push(row / stride);
            bytes = stride;
        } else {
            return None;
        }
    }
    if bytes > stride {
        if bytes % stride != 0 {
            return None;
        }
        axes.push(bytes / stride);
    }
    Some(axes)
}

fn numbers_fit(ty: &Wgsl, dtype: &DType, shape: &[usize], bytes: usize) -> Result<(), Misfit> {
    let Some(number) = ty.number() else {
        let element = match ty {
            Wgsl::Array { of, .. } => of.dtype(),
            ty => ty.dtype(),
        };
        let like = element.map_or_else(|| "a struct".to_owned(), |dtype| dtype.to_string());
        return Err(misfit("of mixed types", "", format!("cast it to {like}")));
    };
    let packs = dtype.size() < 4 && dtype.is_number() && number == Number::U32;
    let is_pair = *dtype == DType::C64 && number == Number::F32;
    let is_same = *dtype == number.dtype() || is_pair;
    if !is_same && !packs {
        let mend = match suggested(ty, dtype) {
            Some(wgsl) => format!("convert it to {}, or declare {wgsl}", number.name()),
            None if *dtype == DType::U8 => {
                format!("convert it to {0}, or cast it if its bytes are {0}", number.name())
            }
            None => format!("convert it to {}", number.name()),
        };
        return Err(misfit("", "", mend));
    }
    if packs && bytes % 4 != 0 {
        let rest = bytes.next_multiple_of(4) - bytes;
        let mend = format!("pad it by {rest} bytes, for a word holds {}", 4 / dtype.size());
        return Err(misfit("words of 4 bytes", format!("{bytes} bytes"), mend));
    }
    if let Wgsl::Array { of, stride, .. } = ty {
        let whole = grouped(dtype.size(), shape, *stride);
        let elements = match whole {
            Some(_) if of.is_packed() && of.size() == *stride => true,
            // Elements with gaps want a view with the same gaps: trailing axes of just one element.
            Some(_) => makes_one(dtype.size(), shape, *stride),
            None => packs && matches!(**of, Wgsl::Number(_) | Wgsl::Atomic(_)),
        };
        if !elements {
            return Err(wrong_elements(of, *stride, dtype, shape));
        }
    } else if !ty.is_packed() && !makes_one(dtype.size(), shape, ty.size()) {
        return Err(wrong_elements(ty, ty.size(), dtype, shape));
    }
    size_fits(ty, bytes, dtype.size())
}

/// Tells whether some trailing axes make exactly `stride` bytes.
fn makes_one(size: usize, shape: &[usize], stride: usize) -> bool {
    let mut bytes = size;
    shape.iter().rev().any(|axis| {
        bytes = bytes.saturating_mul(*axis);
        bytes == stride
    })
}

fn wrong_elements(of: &Wgsl, stride: usize, dtype: &DType, shape: &[usize]) -> Misfit {
    let numbers = stride / dtype.size();
    let last = if shape.len() > 1 { shape[shape.len() - 1] * dtype.size() } else { dtype.size() };
    let name = of.number().map_or("f32", Number::name);
    let mend = match of {
        Wgsl::Vector { len: 3, .. } => {
            format!("declare array<{name}>, or pad the last axis to {numbers}")
        }
        Wgsl::Vector { .. } if of.is_packed() => {
            format!("make the last axis a multiple of {numbers}, or declare array<{name}>")
        }
        Wgsl::Matrix { columns, rows, of } => {
            let rows = super::wgsl::column_stride(*rows, *of) / of.size();
            format!("give it the shape [..., {columns}, {rows}]")
        }
        _ => format!("pad each element to {numbers} numbers, or cast it to a struct"),
    };
    misfit(format!("stride {stride}"), format!("stride {last}"), mend)
}

/// Checks the number of bytes where nothing else is left to check.
fn size_fits(ty: &Wgsl, bytes: usize, size: usize) -> Result<(), Misfit> {
    let (of_type, fitting) = match ty {
        Wgsl::Array { len: None, stride, .. } => (format!("stride {stride}"), bytes % stride == 0),
        Wgsl::Struct { members, .. } if ty.is_runtime_sized() => {
            let head = members.last().map_or(0, |last| last.offset);
            let step = members.last().map_or(1, |last| last.ty.size());
            let rest = bytes.checked_sub(head).filter(|rest| *rest > 0);
            let whole = rest.is_some_and(|rest| rest % step == 0);
            (format!("{head} bytes and {step} for each element"), whole)
        }
        _ => (format!("{} bytes", ty.size()), bytes == ty.size()),
    };
    if !fitting {
        let mend = match ty {
            Wgsl::Array { len: None, stride, .. } => {
                format!("make it a multiple of {stride} bytes")
            }
            _ if ty.is_runtime_sized() => "give it the head and whole elements".to_owned(),
            _ if ty.size() == size => "give it 1 element".to_owned(),
            _ if ty.size() % size == 0 => format!("give it {} elements", ty.size() / size),
            _ => format!("give it {} bytes", ty.size()),
        };
        return Err(misfit(of_type, format!("{bytes} bytes"), mend));
    }
    if bytes % 4 != 0 {
        let mend = "give it an even number of elements: bindings are of whole words".to_owned();
        return Err(misfit("", format!("{bytes} bytes"), mend));
    }
    Ok(())
}

fn structs_fit(ty: &Wgsl, dtype: &DType, count: usize) -> Result<(), Misfit> {
    let (of, stride) = match ty {
        Wgsl::Array { of, stride, .. } => (&**of, Some(*stride)),
        _ => (ty, None),
    };
    let Wgsl::Struct { .. } = of else {
        let fields: Vec<_> = dtype.fields().iter().map(|field| field.name()).collect();
        let mend = format!("bind one of its fields: {}", fields.join(", "));
        return Err(misfit("", "", mend));
    };
    fields_fit(of, dtype, "")?;
    if let Some(stride) = stride.filter(|stride| *stride != dtype.size()) {
        let mend = padded_struct(of, stride);
        return Err(misfit(format!("stride {stride}"), format!("stride {}", dtype.size()), mend));
    }
    let wanted = match ty {
        Wgsl::Array { len, .. } => len.unwrap_or(count),
        _ => 1,
    };
    if count != wanted {
        let of_view = format!("{count} structs");
        return Err(misfit("", of_view, format!("give it {wanted}")));
    }
    if !ty.is_runtime_sized() && stride.is_none() && dtype.size() != ty.size() {
        let sizes = [ty.size(), dtype.size()].map(|size| format!("{size} bytes"));
        let [of_type, of_view] = sizes;
        return Err(misfit(of_type, of_view, padded_struct(of, ty.size())));
    }
    Ok(())
}

fn padded_struct(of: &Wgsl, size: usize) -> String {
    match of.dtype() {
        Some(dtype) => format!("pad each struct to {size} bytes: {dtype}"),
        None => format!("pad each struct to {size} bytes"),
    }
}

/// Checks a struct field by field: by name, offset and type.
fn fields_fit(ty: &Wgsl, dtype: &DType, path: &str) -> Result<(), Misfit> {
    let Wgsl::Struct { members, .. } = ty else { return Ok(()) };
    for member in members {
        let name = format!("{path}{}", member.name);
        let Some(field) = dtype.fields().iter().find(|field| field.name() == member.name) else {
            let fields: Vec<_> = dtype.fields().iter().map(|field| field.name()).collect();
            let has = format!("its fields are {}", fields.join(", "));
            let mend = format!("add a field {name:?} at offset {}", member.offset);
            return Err(misfit(format!("has a member {name:?}"), has, mend));
        };
        if field.offset() != member.offset {
            let of_type = format!("{name:?} at offset {}", member.offset);
            let mend = match member.ty.gap_of_three() {
                Some(three) => format!("put it at {}: {three} is aligned to 16", member.offset),
                None => format!("put it at {}", member.offset),
            };
            return Err(misfit(of_type, format!("at offset {}", field.offset()), mend));
        }
        if field.dtype().kind() == Kind::Struct {
            fields_fit(&member.ty, field.dtype(), &format!("{name}."))?;
        }
        let (element, shape) = field.dtype().sub_array().unwrap_or((field.dtype(), &[]));
        fits_inside(&member.ty, element, shape).map_err(|inner| {
            let with = |text: String| if text.is_empty() { text } else { format!(", {text}") };
            let of_type = format!("{name:?}: {}{}", member.ty, with(inner.of_type));
            let of_view = format!("{name:?}: {}{}", field.dtype(), with(inner.of_view));
            misfit(of_type, of_view, inner.mend)
        })?;
    }
    Ok(())
}

/// As [`fits`], for a member: its bytes need not be whole words, and three of a vector have no gap.
fn fits_inside(ty: &Wgsl, dtype: &DType, shape: &[usize]) -> Result<(), Misfit> {
    let count: usize = shape.iter().product();
    let bytes = count * dtype.size();
    let whole = ty.number().map(Number::dtype).as_ref() == Some(dtype);
    if whole && bytes == ty.size() && (ty.is_packed() || makes_one(dtype.size(), shape, bytes)) {
        return Ok(());
    }
    fits(ty, dtype, shape)
}

/// Returns the WGSL that would take such a view as it is.
fn suggested(ty: &Wgsl, dtype: &DType) -> Option<String> {
    let number = dtype.wgsl().ok()?;
    match ty {
        Wgsl::Array { of, .. } if matches!(**of, Wgsl::Number(_)) => {
            Some(format!("array<{number}>"))
        }
        Wgsl::Number(_) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{elements, grouped};
    use crate::dtype::DType;
    use crate::kernel::wgsl::{Number, Wgsl};

    fn array(of: Wgsl) -> Wgsl {
        let stride = if of.size() == 12 { 16 } else { of.size() };
        Wgsl::Array { of: Box::new(of), len: None, stride }
    }

    #[test]
    fn trailing_axes_join_into_the_elements_of_wgsl() {
        let word = array(Wgsl::Number(Number::U32));
        let four = array(Wgsl::Vector { len: 4, of: Number::F32 });
        let three = array(Wgsl::Vector { len: 3, of: Number::F32 });
        let table: [(&Wgsl, DType, &[usize], &[usize]); 9] = [
            (&word, DType::U32, &[4, 6], &[4, 6]),
            (&word, DType::U8, &[4, 8], &[4, 2]),
            (&word, DType::U8, &[4, 6, 4], &[4, 6]),
            (&word, DType::U8, &[4, 3], &[3]),
            (&word, DType::U16, &[4, 6], &[4, 3]),
            (&four, DType::F32, &[5, 4], &[5]),
            (&four, DType::F32, &[5, 2, 2], &[5]),
            (&four, DType::F32, &[20], &[5]),
            (&three, DType::F32, &[7, 4], &[7]),
        ];
        for (ty, dtype, shape, expected) in table {
            assert_eq!(elements(ty, &dtype, shape), expected, "{ty} of {dtype}{shape:?}");
        }
    }

    #[test]
    fn elements_that_straddle_rows_are_no_elements() {
        assert_eq!(grouped(4, &[5, 3], 16), None);
        assert_eq!(grouped(4, &[], 16), None);
        assert_eq!(grouped(8, &[5], 4), Some(vec![5, 2]));
    }
}
