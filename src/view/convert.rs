//! Copies that change the element type on the way.
//!
//! The rules, for every pair of the integers and floats:
//!
//! ```text
//!   float → integer   rounds half to even, saturates; NaN becomes 0
//!   integer → integer saturates
//!   to float          rounds to the nearest, half to even; too large becomes infinite
//! ```
//!
//! Not here: meaning. 255 becomes 255.0, not 1.0; that is the image layer's business.

use super::read::zeroed;
use super::{View, ViewMut, copy};
use crate::dtype::{ByteOrder, DType, Element};
use crate::error::{Error, Result};
use crate::layout::Layout;
use half::{bf16, f16};

/// Elements converted at a time: both sides stay in the first-level cache.
const CHUNK: usize = 2048;

/// A number that becomes another by the rules of this module.
trait To<T> {
    fn to(self) -> T;
}

macro_rules! to {
    (saturate $($from:ty => $($to:ty)*;)*) => {$($(
        impl To<$to> for $from {
            #[inline(always)]
            #[allow(unused_comparisons, reason = "one macro for signed and unsigned types")]
            fn to(self) -> $to {
                <$to>::try_from(self).unwrap_or(if self < 0 { <$to>::MIN } else { <$to>::MAX })
            }
        }
    )*)*};
    (round $($from:ty => $($to:ty)*;)*) => {$($(
        impl To<$to> for $from {
            #[inline(always)]
            #[allow(clippy::cast_possible_truncation, reason = "`as` saturates from floats")]
            fn to(self) -> $to {
                self.round_ties_even() as $to
            }
        }
    )*)*};
    (round_to_small $($from:ty => $($to:ty)*;)*) => {$($(
        impl To<$to> for $from {
            // What `round` gives, in steps that there are vector instructions for.
            #[inline(always)]
            fn to(self) -> $to {
                const LEAST: $from = <$to>::MIN as $from;
                const MOST: $from = <$to>::MAX as $from;
                // Half as much again as the least float from which on all are whole: a small number that
                // is added to it is rounded, half to even, and left in the lowest bits.
                const WHOLE: $from = (3_u64 << (<$from>::MANTISSA_DIGITS - 2)) as $from;
                // Where there is no sign, no number falls to the least, which is 0.
                let number = if LEAST < 0.0 && self.is_nan() { 0.0 } else { self };
                let raised = if number > LEAST { number } else { LEAST };
                let bounded = if raised < MOST { raised } else { MOST };
                #[allow(clippy::cast_possible_truncation, reason = "the lowest bits are the number")]
                { (bounded + WHOLE).to_bits() as $to }
            }
        }
    )*)*};
    (nearest $($from:ty => $($to:ty)*;)*) => {$($(
        impl To<$to> for $from {
            #[inline(always)]
            #[allow(clippy::cast_possible_truncation, reason = "`as` rounds to the nearest float")]
            fn to(self) -> $to {
                self as $to
            }
        }
    )*)*};
    (halves $($half:ident: $($other:ty)*;)*) => {$($(
        impl To<$other> for $half {
            #[inline(always)]
            fn to(self) -> $other {
                self.to_f32().to()
            }
        }
        impl To<$half> for $other {
            #[inline(always)]
            fn to(self) -> $half {
                // By way of f64, in which all but the largest integers are exact: rounded once.
                $half::from_f64(To::<f64>::to(self))
            }
        }
    )*)*};
}

to! { saturate
    u8 => u8 u16 u32 u64 i8 i16 i32 i64;
    u16 => u8 u16 u32 u64 i8 i16 i32 i64;
    u32 => u8 u16 u32 u64 i8 i16 i32 i64;
    u64 => u8 u16 u32 u64 i8 i16 i32 i64;
    i8 => u8 u16 u32 u64 i8 i16 i32 i64;
    i16 => u8 u16 u32 u64 i8 i16 i32 i64;
    i32 => u8 u16 u32 u64 i8 i16 i32 i64;
    i64 => u8 u16 u32 u64 i8 i16 i32 i64;
}
to! { round_to_small
    f32 => u8 u16 i8 i16;
    f64 => u8 u16 i8 i16;
}
to! { round
    f32 => u32 u64 i32 i64;
    f64 => u32 u64 i32 i64;
}
to! { nearest
    u8 => f32 f64;
    u16 => f32 f64;
    u32 => f32 f64;
    u64 => f32 f64;
    i8 => f32 f64;
    i16 => f32 f64;
    i32 => f32 f64;
    i64 => f32 f64;
    f32 => f32 f64;
    f64 => f32 f64;
}
to! { halves
    f16: u8 u16 u32 u64 i8 i16 i32 i64 f32 f64;
    bf16: u8 u16 u32 u64 i8 i16 i32 i64 f32 f64;
}

impl To<f16> for bf16 {
    #[inline(always)]
    fn to(self) -> f16 {
        f16::from_f32(self.to_f32())
    }
}

impl To<bf16> for f16 {
    #[inline(always)]
    fn to(self) -> bf16 {
        bf16::from_f32(self.to_f32())
    }
}

impl To<Self> for f16 {
    #[inline(always)]
    fn to(self) -> Self {
        self
    }
}

impl To<Self> for bf16 {
    #[inline(always)]
    fn to(self) -> Self {
        self
    }
}

/// Runs an expression with `T` as the Rust type of an integer or float type, in any byte order.
macro_rules! with_type {
    ($dtype:expr, $T:ident => $run:expr) => {{
        let dtype = $dtype.with_order(ByteOrder::NATIVE);
        with_type!(@ dtype, $T => $run,
            U8 u8, U16 u16, U32 u32, U64 u64, I8 i8, I16 i16, I32 i32, I64 i64,
            F16 f16, BF16 bf16, F32 f32, F64 f64)
    }};
    (@ $dtype:ident, $T:ident => $run:expr, $($known:ident $type:ty),*) => {
        $(if $dtype == DType::$known {
            type $T = $type;
            $run
        } else)* {
            let expected = "an integer or a float, or the same type twice";
            Err(Error::dtype("convert", expected, $dtype))
        }
    };
}

impl View<'_> {
    /// Copies to a writable view of the same shape and any integer or float type.
    ///
    /// Floats become integers rounded half to even; what does not fit saturates.
    ///
    /// ```
    /// use bytelens::{View, ViewMut};
    ///
    /// let mut bytes = [0_u8; 5];
    /// let floats = [-3.0_f32, 0.5, 1.5, 300.0, f32::NAN];
    /// let mut target = ViewMut::from_slice(&mut bytes, &[5])?;
    /// View::from_slice(&floats, &[5])?.convert_to(&mut target)?;
    /// assert_eq!(bytes, [0, 0, 2, 255, 0]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another shape, or a type that is no integer or float on one side and not the same on both.
    pub fn convert_to(&self, target: &mut ViewMut<'_>) -> Result<()> {
        if self.shape() != target.shape() {
            let expected = format!("shape {:?}", target.shape());
            return Err(Error::shape("convert", expected, format!("{:?}", self.shape())));
        }
        if self.dtype() == target.dtype() {
            return self.copy_to(target);
        }
        with_type!(self.dtype(), S => convert_from::<S>(self, target.reborrow()))
    }
}

fn convert_from<S>(source: &View<'_>, mut target: ViewMut<'_>) -> Result<()>
where
    S: Element + To<u8> + To<u16> + To<u32> + To<u64> + To<i8> + To<i16> + To<i32> + To<i64>,
    S: To<f16> + To<bf16> + To<f32> + To<f64>,
{
    let dtype = target.dtype().clone();
    with_type!(dtype, T => {
        let len = CHUNK.min(source.len());
        let total = target.nbytes();
        let are_native = source.dtype().is_native() && target.dtype().is_native();
        let from = source.as_bytes().filter(|_| are_native).map(bytemuck::try_cast_slice);
        if let Some(Ok(from)) = from
            && let Some(Ok(to)) = target.as_bytes_mut().map(bytemuck::try_cast_slice_mut)
        {
            convert_run::<S, T>(from, to);
            return Ok(());
        }
        let from: Vec<S> = zeroed(len, source)?;
        let mut stage = Stage::<S, T> { from, to: zeroed(len, source)?, total };
        stage.convert(source, target)
    })
}

/// Where elements are that cannot be converted in place: unaligned, strided or swapped ones, and those
/// of a copy so large that it is streamed past the cache.
struct Stage<S, T> {
    from: Vec<S>,
    to: Vec<T>,
    /// Bytes that all pieces write together.
    total: usize,
}

impl<S: Element, T: Element> Stage<S, T> {
    /// Converts in halves until a piece fits the cache.
    fn convert(&mut self, source: &View<'_>, mut target: ViewMut<'_>) -> Result<()>
    where
        S: To<T>,
    {
        let longest = source.shape().iter().enumerate().find(|(_, len)| **len > 1);
        if let Some((axis, len)) = longest.filter(|_| source.len() > CHUNK) {
            // Whole pieces, where an axis has that many.
            let half = len / 2;
            let half = if half > CHUNK { half.next_multiple_of(CHUNK) } else { half };
            let (low, high) = source.split(axis, half)?;
            let (low_target, high_target) = target.split_at(axis, half)?;
            self.convert(&low, low_target)?;
            return self.convert(&high, high_target);
        }
        let len = source.len();
        let in_place = source.as_bytes().filter(|_| source.dtype().is_native());
        let elements = match in_place.and_then(|bytes| bytemuck::try_cast_slice(bytes).ok()) {
            Some(elements) => elements,
            None => {
                let elements = &mut self.from[..len];
                source.write_to(bytemuck::cast_slice_mut(elements))?;
                if !source.dtype().is_native() {
                    elements.iter_mut().for_each(|element| *element = element.byte_swapped());
                }
                elements
            }
        };
        let is_native = target.dtype().is_native();
        if is_native && !copy::streams(self.total) {
            let in_place = target.as_bytes_mut().map(bytemuck::try_cast_slice_mut);
            if let Some(Ok(converted)) = in_place {
                convert_slice(elements, converted);
                return Ok(());
            }
        }
        let converted = &mut self.to[..len];
        convert_slice(elements, converted);
        if !is_native {
            converted.iter_mut().for_each(|element| *element = element.byte_swapped());
        }
        let dtype = target.dtype().clone();
        let layout = Layout::contiguous(dtype, target.shape())?;
        let piece = View::new(bytemuck::cast_slice(converted), layout)?;
        piece.copy_as_part_of(self.total, &mut target)
    }
}

/// Converts elements that lie together on both sides.
fn convert_run<S: Element + To<T>, T: Element>(source: &[S], target: &mut [T]) {
    if !copy::streams(size_of_val(target)) {
        return convert_slice(source, target);
    }
    let mut stage = [T::zeroed(); CHUNK];
    for (from, to) in source.chunks(CHUNK).zip(target.chunks_mut(CHUNK)) {
        let stage = &mut stage[..from.len()];
        convert_slice(from, stage);
        copy::stream(bytemuck::cast_slice(stage), bytemuck::cast_slice_mut(to));
    }
    copy::finish_streams();
}

fn convert_slice<S: Element + To<T>, T: Element>(source: &[S], target: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: this machine has AVX2.
        return unsafe { convert_slice_avx2(source, target) };
    }
    convert_each(source, target);
}

/// # Safety
///
/// Only on a machine with AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn convert_slice_avx2<S: Element + To<T>, T: Element>(source: &[S], target: &mut [T]) {
    convert_each(source, target);
}

#[inline(always)]
fn convert_each<S: Element + To<T>, T: Element>(source: &[S], target: &mut [T]) {
    /// Elements between one look ahead and the next.
    const BLOCK: usize = 64;
    let (from, from_rest) = source.as_chunks::<BLOCK>();
    let (to, to_rest) = target.as_chunks_mut::<BLOCK>();
    for (from, to) in from.iter().zip(to) {
        copy::ask_ahead(from.as_ptr().cast(), size_of_val(from));
        convert_all(from, to);
    }
    convert_all(from_rest, to_rest);
}

#[inline(always)]
fn convert_all<S: Element + To<T>, T: Element>(source: &[S], target: &mut [T]) {
    for (from, to) in source.iter().zip(target) {
        *to = from.to();
    }
}
