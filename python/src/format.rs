//! Formats: what the exporter's string says of an element, kept as it is.
//!
//! `memoryview` reads the 18 native codes alone. Here what PEP 3118 says beyond (byte orders, structs,
//! sub-arrays, complex numbers, text) is read by the library's [`DType`]; what it refuses (objects, `long
//! double`) can be sliced and copied but not read. This module reads and writes no element.

use std::ffi::{CStr, CString, c_int, c_long, c_short};
use std::fmt;
use std::sync::Arc;

use bytelens::DType;

/// The format of a view.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    Native(&'static NativeFormat),
    Other(Arc<OtherFormat>),
}

/// One of the formats that `memoryview` reads.
#[derive(Debug)]
pub(crate) struct NativeFormat {
    /// As exporters write it: a code, with or without `@`.
    text: &'static CStr,
    pub(crate) native: Native,
}

/// What an element of a native format is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Native {
    Char,
    Bool,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F16,
    F32,
    F64,
}

/// Any other format.
#[derive(Debug)]
pub(crate) struct OtherFormat {
    text: CString,
    /// What it is, where the library can read it.
    dtype: Option<DType>,
    /// Whether consumers of the buffer protocol would take the text as it is meant.
    is_exported: bool,
}

/// The integer of so many bytes.
const fn int(size: usize, is_signed: bool) -> Native {
    match (size, is_signed) {
        (2, true) => Native::I16,
        (2, false) => Native::U16,
        (4, true) => Native::I32,
        (4, false) => Native::U32,
        (_, true) => Native::I64,
        (_, false) => Native::U64,
    }
}

macro_rules! natives {
    ($($code:literal $native:expr;)*) => {
        /// All native formats, with `@` and without, in that order.
        static NATIVES: &[[NativeFormat; 2]] = &[$([
            NativeFormat { text: text(concat!($code, "\0")), native: $native },
            NativeFormat { text: text(concat!("@", $code, "\0")), native: $native },
        ],)*];

        /// The codes of all native formats, in that order.
        static CODES: &[u8] = &[$($code.as_bytes()[0],)*];
    };
}

natives! {
    "B" Native::U8;
    "b" Native::I8;
    "c" Native::Char;
    "?" Native::Bool;
    "h" int(size_of::<c_short>(), true);
    "H" int(size_of::<c_short>(), false);
    "i" int(size_of::<c_int>(), true);
    "I" int(size_of::<c_int>(), false);
    "l" int(size_of::<c_long>(), true);
    "L" int(size_of::<c_long>(), false);
    "q" Native::I64;
    "Q" Native::U64;
    "n" int(size_of::<isize>(), true);
    "N" int(size_of::<usize>(), false);
    "P" int(size_of::<usize>(), false);
    "e" Native::F16;
    "f" Native::F32;
    "d" Native::F64;
}

const fn text(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("the macro ends each text with its only zero"),
    }
}

impl Format {
    /// Reads the format of an exporter; none means bytes.
    pub(crate) fn from_exporter(text: Option<&CStr>) -> Self {
        match text {
            None => Self::bytes(),
            Some(text) => Self::native(text.to_bytes()).unwrap_or_else(|| {
                let dtype = text.to_str().ok().and_then(|text| DType::from_format(text).ok());
                Self::Other(Arc::new(OtherFormat { text: text.into(), dtype, is_exported: true }))
            }),
        }
    }

    /// Unsigned bytes, which is what a view of bytes is made of.
    pub(crate) fn bytes() -> Self {
        Self::Native(&NATIVES[0][0])
    }

    /// The native format of that text.
    #[inline]
    pub(crate) fn native(text: &[u8]) -> Option<Self> {
        let (code, at) = match text {
            [code] => (*code, 0),
            [b'@', code] => (*code, 1),
            _ => return None,
        };
        let pair = CODES.iter().position(|known| *known == code)?;
        Some(Self::Native(&NATIVES[pair][at]))
    }

    /// The format of a type of the library.
    pub(crate) fn from_dtype(dtype: &DType) -> Self {
        let (text, is_exported) = match dtype.format() {
            Ok(text) => (text, true),
            Err(_) => (dtype.to_string(), false),
        };
        match Self::native(text.as_bytes()).filter(|_| is_exported) {
            Some(native) => native,
            None => {
                let text = CString::new(text).unwrap_or_default();
                Self::Other(Arc::new(OtherFormat { text, dtype: Some(dtype.clone()), is_exported }))
            }
        }
    }

    /// What `memoryview` would read it as.
    #[inline]
    pub(crate) fn as_native(&self) -> Option<Native> {
        match self {
            Self::Native(format) => Some(format.native),
            Self::Other(_) => None,
        }
    }

    /// The type of an element, where elements can be read.
    pub(crate) fn dtype(&self) -> Option<DType> {
        match self {
            Self::Native(format) => Some(format.native.dtype()),
            Self::Other(format) => format.dtype.clone(),
        }
    }

    /// The text for consumers; none where the buffer protocol has no code for it.
    pub(crate) fn exported(&self) -> Option<&CStr> {
        match self {
            Self::Native(format) => Some(format.text),
            Self::Other(format) => format.is_exported.then_some(&*format.text),
        }
    }

    pub(crate) fn text(&self) -> &CStr {
        match self {
            Self::Native(format) => format.text,
            Self::Other(format) => &format.text,
        }
    }

    /// Tells whether elements of both may be assigned to each other: the text is the same, but for `@`.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let plain = |format: &Self| {
            let text = format.text().to_bytes();
            text.strip_prefix(b"@").unwrap_or(text).to_vec()
        };
        match (self, other) {
            (Self::Native(a), Self::Native(b)) if std::ptr::eq(*a, *b) => true,
            _ => plain(self) == plain(other),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().to_string_lossy())
    }
}

impl Native {
    #[inline]
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Char | Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    pub(crate) fn dtype(self) -> DType {
        match self {
            Self::Char => DType::bytes(1),
            Self::Bool => DType::BOOL,
            Self::I8 => DType::I8,
            Self::U8 => DType::U8,
            Self::I16 => DType::I16,
            Self::U16 => DType::U16,
            Self::I32 => DType::I32,
            Self::U32 => DType::U32,
            Self::I64 => DType::I64,
            Self::U64 => DType::U64,
            Self::F16 => DType::F16,
            Self::F32 => DType::F32,
            Self::F64 => DType::F64,
        }
    }
}
