//! The Rust types that are elements.

use super::DType;
use bytemuck::Pod;
use half::{bf16, f16};
use std::fmt::Debug;

/// A Rust type whose values are elements of a view: the integers, floats, and pairs as complex
/// numbers.
///
/// Every bit pattern of these types is a value, so any bytes can be read as them. `bool` is not one
/// of them; cast a view of [`DType::BOOL`] to [`DType::U8`].
///
/// ```
/// use bytelens::{Element, View};
///
/// /// Works for whatever a view may hold.
/// fn first<T: Element>(view: &View<'_>) -> Option<T> {
///     view.get(&vec![0; view.ndim()]).ok()
/// }
///
/// assert_eq!(first::<f32>(&View::from_slice(&[1.5_f32, 2.0], &[2])?), Some(1.5));
/// # Ok::<(), bytelens::Error>(())
/// ```
pub trait Element: Pod + PartialEq + PartialOrd + Debug + Send + Sync + Sealed {
    /// The element type, in native order.
    const DTYPE: DType;
}

/// What only this module implements, and the order of bytes that goes with it.
pub trait Sealed {
    /// The value whose bytes are in the opposite order, in each part of a complex number.
    #[must_use]
    fn byte_swapped(self) -> Self;
}

macro_rules! elements {
    ($($type:ty: $dtype:ident, |$value:ident| $swapped:expr;)*) => {$(
        impl Element for $type {
            const DTYPE: DType = DType::$dtype;
        }
        impl Sealed for $type {
            #[inline]
            fn byte_swapped(self) -> Self {
                let $value = self;
                $swapped
            }
        }
    )*};
}

elements! {
    u8: U8, |value| value;
    u16: U16, |value| value.swap_bytes();
    u32: U32, |value| value.swap_bytes();
    u64: U64, |value| value.swap_bytes();
    i8: I8, |value| value;
    i16: I16, |value| value.swap_bytes();
    i32: I32, |value| value.swap_bytes();
    i64: I64, |value| value.swap_bytes();
    f16: F16, |value| Self::from_bits(value.to_bits().swap_bytes());
    bf16: BF16, |value| Self::from_bits(value.to_bits().swap_bytes());
    f32: F32, |value| Self::from_bits(value.to_bits().swap_bytes());
    f64: F64, |value| Self::from_bits(value.to_bits().swap_bytes());
    [f32; 2]: C64, |value| value.map(Sealed::byte_swapped);
    [f64; 2]: C128, |value| value.map(Sealed::byte_swapped);
}
