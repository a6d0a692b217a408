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
///
/// ```
/// use bytelens::{DType, Kind};
///
/// let kinds = [DType::U8, DType::BF16, DType::C64, DType::bytes(3)].map(|dtype| dtype.kind());
/// assert_eq!(kinds, [Kind::Uint, Kind::BFloat, Kind::Complex, Kind::Bytes]);
/// ```
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
///
/// ```
/// use bytelens::{ByteOrder, DType, Layout, View};
///
/// let layout = Layout::contiguous(DType::U16.with_order(ByteOrder::Big), &[1])?;
/// assert_eq!(View::new(&[0x12, 0x34], layout)?.get::<u16>(&[0])?, 0x1234);
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// The least significant byte first.
    Little,
    /// The most significant byte first.
    Big,
}

impl ByteOrder {
    /// The order of the machine that runs this.
    ///
    /// ```
    /// use bytelens::{ByteOrder, DType};
    ///
    /// assert_eq!(DType::F64.order(), ByteOrder::NATIVE);
    /// ```
    pub const NATIVE: Self = if cfg!(target_endian = "little") { Self::Little } else { Self::Big };

    /// Tells whether this is the order of the machine that runs this.
    ///
    /// ```
    /// use bytelens::ByteOrder;
    ///
    /// assert!(ByteOrder::NATIVE.is_native());
    /// assert!(ByteOrder::Little.is_native() != ByteOrder::Big.is_native());
    /// ```
    pub const fn is_native(self) -> bool {
        matches!((self, Self::NATIVE), (Self::Little, Self::Little) | (Self::Big, Self::Big))
    }
}

impl DType {
    /// One byte, false where it is 0.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::BOOL, "bool".parse()?);
    /// assert_eq!(DType::BOOL.format()?, "?");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const BOOL: Self = Self::number(Kind::Bool, 1);
    /// An unsigned byte.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::U8, "u8".parse()?);
    /// assert_eq!(DType::U8.format()?, "B");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const U8: Self = Self::number(Kind::Uint, 1);
    /// An unsigned integer of 2 bytes.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::U16, "u16".parse()?);
    /// assert_eq!(DType::U16.format()?, "H");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const U16: Self = Self::number(Kind::Uint, 2);
    /// An unsigned integer of 4 bytes.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::U32, "u32".parse()?);
    /// assert_eq!(DType::U32.format()?, "I");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const U32: Self = Self::number(Kind::Uint, 4);
    /// An unsigned integer of 8 bytes.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::U64, "u64".parse()?);
    /// assert_eq!(DType::U64.format()?, "Q");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const U64: Self = Self::number(Kind::Uint, 8);
    /// A signed byte.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::I8, "i8".parse()?);
    /// assert_eq!(DType::I8.format()?, "b");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const I8: Self = Self::number(Kind::Int, 1);
    /// A signed integer of 2 bytes.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::I16, "i16".parse()?);
    /// assert_eq!(DType::I16.format()?, "h");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const I16: Self = Self::number(Kind::Int, 2);
    /// A signed integer of 4 bytes.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::I32, "i32".parse()?);
    /// assert_eq!(DType::I32.format()?, "i");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const I32: Self = Self::number(Kind::Int, 4);
    /// A signed integer of 8 bytes.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::I64, "i64".parse()?);
    /// assert_eq!(DType::I64.format()?, "q");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const I64: Self = Self::number(Kind::Int, 8);
    /// A half-precision float.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::F16, "f16".parse()?);
    /// assert_eq!(DType::F16.format()?, "e");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const F16: Self = Self::number(Kind::Float, 2);
    /// A bfloat16: the upper half of an `f32`.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::BF16, "bf16".parse()?);
    /// assert!(DType::BF16.format().is_err()); // the buffer protocol has no code for it
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const BF16: Self = Self::number(Kind::BFloat, 2);
    /// A single-precision float.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::F32, "f32".parse()?);
    /// assert_eq!(DType::F32.format()?, "f");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const F32: Self = Self::number(Kind::Float, 4);
    /// A double-precision float.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::F64, "f64".parse()?);
    /// assert_eq!(DType::F64.format()?, "d");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const F64: Self = Self::number(Kind::Float, 8);
    /// A complex number of two `f32`.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::C64, "c64".parse()?);
    /// assert_eq!(DType::C64.format()?, "Zf");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const C64: Self = Self::number(Kind::Complex, 8);
    /// A complex number of two `f64`.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::C128, "c128".parse()?);
    /// assert_eq!(DType::C128.format()?, "Zd");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const C128: Self = Self::number(Kind::Complex, 16);

    /// Every plain number type, in native order.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// let wide: Vec<String> =
    ///     DType::NUMBERS.iter().filter(|dtype| dtype.size() == 8).map(|dtype| dtype.to_string()).collect();
    /// assert_eq!(wide, ["u64", "i64", "f64", "c64"]);
    /// ```
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
    ///
    /// ```
    /// use bytelens::{DType, View};
    ///
    /// let pixels = View::from_slice(&[1_u8, 2, 3, 4, 5, 6], &[6])?.cast(DType::bytes(3))?;
    /// assert_eq!((pixels.shape(), pixels.flip(0)?.to_bytes()?), (&[2][..], vec![4, 5, 6, 1, 2, 3]));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const fn bytes(n: u32) -> Self {
        Self(Repr::Bytes(n))
    }

    /// Makes the type of `chars` UCS-4 characters, 4 bytes each.
    ///
    /// ```
    /// use bytelens::{DType, Value, View};
    ///
    /// let codes = ['h', 'i', '\0'].map(u32::from);
    /// let text = View::from_slice(&codes, &[3])?.cast(DType::text(3))?;
    /// assert_eq!(text.value(&[0])?, Value::Text("hi".to_owned()));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub const fn text(chars: u32) -> Self {
        Self(Repr::Text { chars, order: ByteOrder::NATIVE })
    }

    /// Size of one element in bytes.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!([DType::BF16, DType::C128, DType::text(3)].map(|dtype| dtype.size()), [2, 16, 12]);
    /// ```
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
    ///
    /// ```
    /// use bytelens::{DType, Kind};
    ///
    /// assert_eq!(DType::from_format("T{i:a:f:b:}")?.kind(), Kind::Struct);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
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
    ///
    /// ```
    /// use bytelens::{ByteOrder, DType};
    ///
    /// assert_eq!(DType::from_numpy(">f8")?.order(), ByteOrder::Big);
    /// assert_eq!(DType::from_numpy(">u1")?.order(), ByteOrder::NATIVE); // one byte has none
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn order(&self) -> ByteOrder {
        match &self.0 {
            Repr::Number { order, .. } | Repr::Text { order, .. } => *order,
            Repr::Array(array) => array.element.order(),
            Repr::Bytes(_) | Repr::Struct(_) => ByteOrder::NATIVE,
        }
    }

    /// The same type in another byte order, down into every field and sub-array.
    ///
    /// ```
    /// use bytelens::{ByteOrder, DType};
    ///
    /// let point = DType::packed_struct(&[("x", DType::F32), ("y", DType::F32)])?;
    /// assert_eq!(point.with_order(ByteOrder::Big).numpy()?, "[('x', '>f4'), ('y', '>f4')]");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
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
    ///
    /// ```
    /// use bytelens::{ByteOrder, DType};
    ///
    /// assert!(DType::U16.is_native() && DType::bytes(2).is_native());
    /// assert!(DType::U16.with_order(ByteOrder::Little).is_native() != DType::U16.with_order(ByteOrder::Big).is_native());
    /// ```
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
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert!(DType::BOOL.is_number() && DType::C64.is_number());
    /// assert!(!DType::bytes(4).is_number());
    /// ```
    pub fn is_number(&self) -> bool {
        matches!(self.0, Repr::Number { .. })
    }
}
