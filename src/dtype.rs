//! Element types: what one element of a view is, down to its byte order.
//!
//! A [`DType`] is a number (`bool`, integers to 64 bits, floats, complex), a run of fixed bytes or
//! text, a struct of named fields, or a sub-array of any of these:
//!
//! ```text
//!   f32be        {id: u16, at: f32[2]}
//!   ┌──┬──┬──┬──┐  ┌─────┬───────────┬───────────┐
//!   │sE│Em│mm│mm│  │ id  │  at[0]    │  at[1]    │
//!   └──┴──┴──┴──┘  └─────┴───────────┴───────────┘
//!   byte 0 … 3     0     2           6           10
//! ```
//!
//! It is *not* an allocation and knows no memory: [`Layout`](crate::layout::Layout) says where the
//! elements lie, [`View`](crate::view::View) reads them.
//!
//! Invariants: equal types are equal values (elements of one byte are always in native order, a
//! sub-array of a sub-array is one sub-array), every size fits `isize`, and cloning a plain number
//! copies 16 bytes and touches no reference count.

mod compound;
mod element;
mod format;
pub(crate) mod literal;
mod names;
mod numpy;
mod wgsl;

pub use compound::Field;
pub use element::Element;

use compound::{Record, SubArray};
use std::sync::Arc;

/// The type of one element: kind, size in bytes and byte order.
///
/// ```
/// use bytelens::{ByteOrder, DType};
///
/// assert_eq!(DType::F32.size(), 4);
/// assert_eq!(DType::F32.to_string(), "f32");
/// assert_eq!(DType::from_format(">i")?, DType::I32.with_order(ByteOrder::Big));
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(PartialEq, Eq, Hash)]
pub struct DType(Repr);

impl Clone for DType {
    #[inline]
    fn clone(&self) -> Self {
        match &self.0 {
            Repr::Number { kind, size, order } => {
                Self(Repr::Number { kind: *kind, size: *size, order: *order })
            }
            _ => self.clone_slowly(),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Number { kind: Kind, size: u8, order: ByteOrder },
    Bytes(u32),
    Text { chars: u32, order: ByteOrder },
    Struct(Arc<Record>),
    Array(Arc<SubArray>),
}

/// What the bits of an element mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One byte, false where it is 0.
    Bool,
    /// An unsigned integer.
    Uint,
    /// A signed integer in two's complement.
    Int,
    /// A binary IEEE 754 number.
    Float,
    /// The upper half of an `f32`.
    BFloat,
    /// Two floats, the real one first.
    Complex,
    /// Bytes without meaning, a fixed number of them.
    Bytes,
    /// UCS-4 characters, a fixed number of them, filled up with zeros.
    Text,
    /// Named fields at byte offsets.
    Struct,
    /// Elements of one type in C order, of a fixed shape.
    Array,
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// The least significant byte first.
    Little,
    /// The most significant byte first.
    Big,
}

impl ByteOrder {
    /// The order of the machine that runs this.
    pub const NATIVE: Self = if cfg!(target_endian = "little") { Self::Little } else { Self::Big };

    /// Tells whether this is the order of the machine that runs this.
    pub const fn is_native(self) -> bool {
        matches!((self, Self::NATIVE), (Self::Little, Self::Little) | (Self::Big, Self::Big))
    }
}

impl DType {
    /// One byte, false where it is 0.
    pub const BOOL: Self = Self::number(Kind::Bool, 1);
    /// An unsigned byte.
    pub const U8: Self = Self::number(Kind::Uint, 1);
    /// An unsigned integer of 2 bytes.
    pub const U16: Self = Self::number(Kind::Uint, 2);
    /// An unsigned integer of 4 bytes.
    pub const U32: Self = Self::number(Kind::Uint, 4);
    /// An unsigned integer of 8 bytes.
    pub const U64: Self = Self::number(Kind::Uint, 8);
    /// A signed byte.
    pub const I8: Self = Self::number(Kind::Int, 1);
    /// A signed integer of 2 bytes.
    pub const I16: Self = Self::number(Kind::Int, 2);
    /// A signed integer of 4 bytes.
    pub const I32: Self = Self::number(Kind::Int, 4);
    /// A signed integer of 8 bytes.
    pub const I64: Self = Self::number(Kind::Int, 8);
    /// A half-precision float.
    pub const F16: Self = Self::number(Kind::Float, 2);
    /// A bfloat16: the upper half of an `f32`.
    pub const BF16: Self = Self::number(Kind::BFloat, 2);
    /// A single-precision float.
    pub const F32: Self = Self::number(Kind::Float, 4);
    /// A double-precision float.
    pub const F64: Self = Self::number(Kind::Float, 8);
    /// A complex number of two `f32`.
    pub const C64: Self = Self::number(Kind::Complex, 8);
    /// A complex number of two `f64`.
    pub const C128: Self = Self::number(Kind::Complex, 16);

    /// Every plain number type, in native order.
    pub const NUMBERS: [Self; 15] = [
        Self::BOOL,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::F16,
        Self::BF16,
        Self::F32,
        Self::F64,
        Self::C64,
        Self::C128,
    ];

    /// Clones what may be shared: kept apart, so that a number is cloned in place.
    #[cold]
    #[inline(never)]
    fn clone_slowly(&self) -> Self {
        Self(self.0.clone())
    }

    const fn number(kind: Kind, size: u8) -> Self {
        Self(Repr::Number { kind, size, order: ByteOrder::NATIVE })
    }

    /// Makes the type of `n` bytes without meaning.
    pub const fn bytes(n: u32) -> Self {
        Self(Repr::Bytes(n))
    }

    /// Makes the type of `chars` UCS-4 characters, 4 bytes each.
    pub const fn text(chars: u32) -> Self {
        Self(Repr::Text { chars, order: ByteOrder::NATIVE })
    }

    /// Size of one element in bytes.
    #[inline]
    pub fn size(&self) -> usize {
        match &self.0 {
            Repr::Number { size, .. } => usize::from(*size),
            Repr::Bytes(n) => *n as usize,
            Repr::Text { chars, .. } => (*chars as usize).saturating_mul(4),
            Repr::Struct(record) => record.size,
            Repr::Array(array) => array.size,
        }
    }

    /// What the bits mean.
    pub fn kind(&self) -> Kind {
        match &self.0 {
            Repr::Number { kind, .. } => *kind,
            Repr::Bytes(_) => Kind::Bytes,
            Repr::Text { .. } => Kind::Text,
            Repr::Struct(_) => Kind::Struct,
            Repr::Array(_) => Kind::Array,
        }
    }

    /// The byte order; native for all that has none of its own (single bytes, bytes, structs).
    pub fn order(&self) -> ByteOrder {
        match &self.0 {
            Repr::Number { order, .. } | Repr::Text { order, .. } => *order,
            Repr::Array(array) => array.element.order(),
            Repr::Bytes(_) | Repr::Struct(_) => ByteOrder::NATIVE,
        }
    }

    /// The same type in another byte order, down into every field and sub-array.
    #[must_use]
    pub fn with_order(&self, order: ByteOrder) -> Self {
        match &self.0 {
            Repr::Number { size: 1, .. } | Repr::Bytes(_) => self.clone(),
            Repr::Number { kind, size, .. } => {
                Self(Repr::Number { kind: *kind, size: *size, order })
            }
            Repr::Text { chars, .. } => Self(Repr::Text { chars: *chars, order }),
            Repr::Struct(record) => Self(Repr::Struct(Arc::new(record.with_order(order)))),
            Repr::Array(array) => Self(Repr::Array(Arc::new(array.with_order(order)))),
        }
    }

    /// Tells whether every number in it is in the order of this machine.
    pub fn is_native(&self) -> bool {
        match &self.0 {
            Repr::Number { order, .. } | Repr::Text { order, .. } => order.is_native(),
            Repr::Bytes(_) => true,
            Repr::Struct(record) => record.fields.iter().all(|field| field.dtype.is_native()),
            Repr::Array(array) => array.element.is_native(),
        }
    }

    /// Tells whether both are the same number type, apart from byte order.
    #[inline]
    pub(crate) fn same_number(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (
                Repr::Number { kind, size, .. },
                Repr::Number { kind: other_kind, size: other_size, .. },
            ) => kind == other_kind && size == other_size,
            _ => false,
        }
    }

    /// Tells whether it is one number: no bytes, text, struct or sub-array.
    pub fn is_number(&self) -> bool {
        matches!(self.0, Repr::Number { .. })
    }
}
