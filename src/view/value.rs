//! Elements as values of any type: to compare across types, to show, to iterate.
//!
//! Not the fast way to read: [`View::get`] and [`View::to_vec`] know the type beforehand.

use super::read::{no_memory, zeroed};
use super::{View, ViewMut};
use crate::dtype::{ByteOrder, DType, Field, Kind};
use crate::error::{Error, Result};
use crate::layout::Layout;

/// One element of any type, read by value.
///
/// Values compare as numbers do, whatever type they came from: `1_u8 == 1.0_f32`, NaN is not itself,
/// bytes are no numbers.
///
/// ```
/// use bytelens::Value;
///
/// assert_eq!(Value::Int(1), Value::Float(1.0));
/// assert_ne!(Value::Float(f64::NAN), Value::Float(f64::NAN));
/// assert_eq!(Value::Complex([1.0, -2.0]).to_string(), "1-2i");
/// ```
#[derive(Clone, Debug)]
pub enum Value {
    /// A truth value; equal to 0 or 1.
    Bool(bool),
    /// An integer of any size and sign.
    Int(i128),
    /// A float of any size.
    Float(f64),
    /// A complex number.
    Complex([f64; 2]),
    /// Bytes without meaning.
    Bytes(Vec<u8>),
    /// Text without the zeros behind it.
    Text(String),
    /// The fields of a struct, in order.
    Struct(Vec<(String, Value)>),
    /// The elements of an axis, in order.
    List(Vec<Value>),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Struct(a), Self::Struct(b)) => a == b,
            (Self::Int(a), Self::Float(b)) | (Self::Float(b), Self::Int(a)) => is_same(*a, *b),
            (Self::Bool(a), _) => Self::Int(i128::from(*a)) == *other,
            (_, Self::Bool(b)) => *self == Self::Int(i128::from(*b)),
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Complex(a), Self::Complex(b)) => a == b,
            (Self::Complex([re, im]), real) | (real, Self::Complex([re, im])) => {
                *im == 0.0 && Self::Float(*re) == *real
            }
            _ => false,
        }
    }
}

/// Tells whether an integer and a float are the same number, without rounding either.
fn is_same(int: i128, float: f64) -> bool {
    #[allow(clippy::cast_possible_truncation, reason = "saturates, and elements are below i128")]
    let whole = float as i128;
    float.fract() == 0.0 && whole == int
}

impl View<'_> {
    /// Reads one element as a value, whatever its type.
    ///
    /// ```
    /// use bytelens::{Value, View};
    ///
    /// let view = View::from_slice(&[1_u8, 2, 3, 2], &[2, 2])?;
    /// assert_eq!(view.value(&[1, 0])?, Value::Int(3));
    /// assert!(view.value(&[2, 0]).is_err());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An index outside the view.
    pub fn value(&self, index: &[usize]) -> Result<Value> {
        let mut one = self.clone();
        if index.len() != self.ndim() {
            let expected = format!("{} positions", self.ndim());
            return Err(Error::shape("value", expected, index.len()));
        }
        for at in index {
            // A position beyond isize is beyond the axis, as isize::MAX is.
            one = one.index(0, isize::try_from(*at).unwrap_or(isize::MAX))?;
        }
        Ok(value_of(one.dtype(), &one.to_bytes()?))
    }

    /// Reads all elements as nested lists, one level for each axis: `memoryview.tolist`.
    ///
    /// ```
    /// use bytelens::{Value, View};
    ///
    /// let list = View::from_slice(&[1_u8, 2, 3, 4], &[2, 2])?.to_list()?;
    /// let Value::List(rows) = list else { unreachable!() };
    /// assert_eq!(rows[1], Value::List(vec![Value::Int(3), Value::Float(4.0)]));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// More values than there is memory for.
    pub fn to_list(&self) -> Result<Value> {
        let Some(len) = self.shape().first() else {
            return Ok(value_of(self.dtype(), &self.to_bytes()?));
        };
        let mut values = Vec::new();
        let bytes = len.saturating_mul(size_of::<Value>());
        values.try_reserve_exact(*len).map_err(|_| no_memory(self, bytes))?;
        for part in self.iter() {
            values.push(part.to_list()?);
        }
        Ok(Value::List(values))
    }

    /// The parts along the first axis, each a view; nothing for a single element.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let view = View::from_slice(&[1_u8, 2, 3, 2], &[2, 2])?;
    /// let rows: Vec<Vec<u8>> = view.iter().map(|row| row.to_bytes()).collect::<Result<_, _>>()?;
    /// assert_eq!(rows, [[1, 2], [3, 2]]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Self> + '_ {
        let len = self.shape().first().copied().unwrap_or(0);
        (0..len).filter_map(|at| self.index(0, at.cast_signed()).ok())
    }

    /// Tells whether both have the same shape and equal values, whatever their types: the rules of
    /// `memoryview`, but that a struct equals itself.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let (ints, floats) = ([1_u8, 2], [1.0_f64, 2.0]);
    /// let (ints, floats) = (View::from_slice(&ints, &[2])?, View::from_slice(&floats, &[2])?);
    /// assert!(ints.equals(&floats) && ints == floats);
    /// assert!(ints != ints.newaxis(0)?); // another shape
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn equals(&self, other: &View<'_>) -> bool {
        self.shape() == other.shape() && (self.is_empty() || equal(self, other))
    }

    /// The first position along the first axis, at `from` or after it, whose part equals `value`.
    ///
    /// ```
    /// use bytelens::{Value, View};
    ///
    /// let view = View::from_slice(&[1_u8, 2, 3, 2], &[2, 2])?;
    /// let flat = view.reshape(&[4])?;
    /// assert_eq!(flat.position(&Value::Int(2), 0), Some(1));
    /// assert_eq!(flat.position(&Value::Int(2), 2), Some(3));
    /// assert_eq!(view.position(&Value::List(vec![Value::Int(3), Value::Int(2)]), 0), Some(1)); // a row
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn position(&self, value: &Value, from: usize) -> Option<usize> {
        let len = self.shape().first().copied().unwrap_or(0);
        let all = if self.has_equal_parts() { len.min(from.saturating_add(1)) } else { len };
        (from..all).find(|at| self.part_equals(*at, value))
    }

    /// How many parts along the first axis equal `value`.
    ///
    /// ```
    /// use bytelens::{Value, View};
    ///
    /// let view = View::from_slice(&[1_u8, 2, 3, 2], &[2, 2])?;
    /// assert_eq!(view.reshape(&[4])?.count(&Value::Int(2)), 2);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn count(&self, value: &Value) -> usize {
        let len = self.shape().first().copied().unwrap_or(0);
        if self.has_equal_parts() {
            return if len > 0 && self.part_equals(0, value) { len } else { 0 };
        }
        (0..len).filter(|at| self.part_equals(*at, value)).count()
    }

    /// Tells whether all parts along the first axis are the same, for want of elements or for a
    /// stride of 0: such an axis may be longer than anybody can walk.
    fn has_equal_parts(&self) -> bool {
        self.is_empty() || self.strides().first() == Some(&0)
    }

    fn part_equals(&self, at: usize, value: &Value) -> bool {
        let part = self.index(0, at.cast_signed()).and_then(|part| part.to_list());
        part.is_ok_and(|part| part == *value)
    }
}

/// Elements compared at a time: both sides stay in the cache, and no view is too large to compare.
const CHUNK: usize = 2048;

/// Tells whether two views of one shape, which is not empty, have equal values.
fn equal(a: &View<'_>, b: &View<'_>) -> bool {
    let longest =
        (0..a.ndim()).filter(|axis| a.shape()[*axis] > 1).max_by_key(|axis| a.shape()[*axis]);
    let Some(axis) = longest.filter(|_| a.len() > CHUNK) else {
        return equal_chunk(a, b).unwrap_or(false);
    };
    // An axis that both sides repeat is one position again and again.
    let repeats = a.strides()[axis] == 0 && b.strides()[axis] == 0;
    let at = if repeats { 1 } else { a.shape()[axis] / 2 };
    let (Ok((a_low, a_high)), Ok((b_low, b_high))) = (a.split(axis, at), b.split(axis, at)) else {
        return false;
    };
    equal(&a_low, &b_low) && (repeats || equal(&a_high, &b_high))
}

fn equal_chunk(a: &View<'_>, b: &View<'_>) -> Result<bool> {
    if a.dtype() == b.dtype() && has_equal_bytes(a.dtype()) {
        return match (a.as_bytes(), b.as_bytes()) {
            (Some(a), Some(b)) => Ok(a == b),
            _ => Ok(a.to_bytes()? == b.to_bytes()?),
        };
    }
    if is_exact_in_f64(a.dtype()) && is_exact_in_f64(b.dtype()) {
        return Ok(f64s(a)? == f64s(b)?);
    }
    Ok(a.to_list()? == b.to_list()?)
}

/// Tells whether `f64` holds every number of the type exactly.
fn is_exact_in_f64(dtype: &DType) -> bool {
    match dtype.kind() {
        Kind::Uint | Kind::Int => dtype.size() <= 4,
        Kind::Float | Kind::BFloat => true,
        _ => false,
    }
}

fn f64s(view: &View<'_>) -> Result<Vec<f64>> {
    let mut values = zeroed(view.len(), view)?;
    let layout = Layout::contiguous(DType::F64, view.shape())?;
    let mut target = ViewMut::new(bytemuck::cast_slice_mut(&mut values), layout)?;
    view.convert_to(&mut target)?;
    Ok(values)
}

impl PartialEq<View<'_>> for View<'_> {
    fn eq(&self, other: &View<'_>) -> bool {
        self.equals(other)
    }
}

/// Tells whether elements are equal where their bytes are: all but floats, with their two zeros and
/// NaN, and booleans, with their many trues.
fn has_equal_bytes(dtype: &DType) -> bool {
    matches!(dtype.kind(), Kind::Uint | Kind::Int | Kind::Bytes)
}

/// The value of an element's bytes, as many as the type has.
fn value_of(dtype: &DType, bytes: &[u8]) -> Value {
    if let Some((element, _)) = dtype.sub_array() {
        let parts = bytes.chunks_exact(element.size().max(1));
        return Value::List(parts.map(|part| value_of(element, part)).collect());
    }
    match dtype.kind() {
        Kind::Bool => Value::Bool(bytes.iter().any(|byte| *byte != 0)),
        Kind::Uint | Kind::Int => Value::Int(int_of(dtype, bytes)),
        Kind::Float | Kind::BFloat => Value::Float(float_of(dtype, bytes)),
        Kind::Complex => {
            let part = if dtype.size() == 8 { DType::F32 } else { DType::F64 };
            let part = part.with_order(dtype.order());
            let (re, im) = bytes.split_at(part.size());
            Value::Complex([float_of(&part, re), float_of(&part, im)])
        }
        Kind::Text => {
            let code = DType::U32.with_order(dtype.order());
            let codes = bytes.chunks_exact(4).map(|bytes| int_of(&code, bytes));
            let chars = codes.map(|code| u32::try_from(code).ok().and_then(char::from_u32));
            let text: String = chars.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
            Value::Text(text.trim_end_matches('\0').to_owned())
        }
        Kind::Struct => {
            let read = |field: &Field| {
                let part = &bytes[field.offset()..field.offset() + field.dtype().size()];
                (field.name().to_owned(), value_of(field.dtype(), part))
            };
            Value::Struct(dtype.fields().iter().map(read).collect())
        }
        Kind::Bytes | Kind::Array => Value::Bytes(bytes.to_vec()),
    }
}

fn int_of(dtype: &DType, bytes: &[u8]) -> i128 {
    let bits = bits_of(dtype, bytes);
    if dtype.kind() == Kind::Uint {
        return i128::from(bits);
    }
    let unused = 64 - 8 * u32::try_from(bytes.len()).unwrap_or(8).min(8);
    i128::from((bits << unused).cast_signed() >> unused)
}

fn float_of(dtype: &DType, bytes: &[u8]) -> f64 {
    let bits = bits_of(dtype, bytes);
    #[allow(clippy::cast_possible_truncation, reason = "as many bits as the type has bytes")]
    match (dtype.kind(), dtype.size()) {
        (Kind::BFloat, _) => half::bf16::from_bits(bits as u16).to_f64(),
        (_, 2) => half::f16::from_bits(bits as u16).to_f64(),
        (_, 4) => f64::from(f32::from_bits(bits as u32)),
        _ => f64::from_bits(bits),
    }
}

/// Up to 8 bytes as one number, in the byte order of the type.
fn bits_of(dtype: &DType, bytes: &[u8]) -> u64 {
    let push = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
    match dtype.order() {
        ByteOrder::Big => bytes.iter().fold(0, push),
        ByteOrder::Little => bytes.iter().rev().fold(0, push),
    }
}
