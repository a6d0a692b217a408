//! Structs and sub-arrays: element types made of others.
//!
//! Not the way to read them: `Layout::field` turns a field of a struct view into a view of its own.

use super::{ByteOrder, DType, Repr};
use crate::error::{Error, Result};
use std::sync::Arc;

/// A named part of a struct.
///
/// ```
/// use bytelens::DType;
///
/// let dtype = DType::from_format("T{<H:id:xx<f:at:}")?;
/// let at = dtype.field("at")?;
/// assert_eq!((at.name(), at.offset(), at.dtype().size()), ("at", 4, 4));
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    pub(super) name: Box<str>,
    pub(super) dtype: DType,
    pub(super) offset: usize,
}

impl Field {
    /// The field's name.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// let dtype = DType::packed_struct(&[("x", DType::F32), ("y", DType::F32)])?;
    /// let names: Vec<&str> = dtype.fields().iter().map(|field| field.name()).collect();
    /// assert_eq!(names, ["x", "y"]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The field's type.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// let dtype = DType::packed_struct(&[("id", DType::U16)])?;
    /// assert_eq!(*dtype.field("id")?.dtype(), DType::U16);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// Bytes from the start of the struct to the field.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// let aligned = DType::from_format("T{B:a:d:b:}")?; // as C lays it out
    /// assert_eq!(aligned.field("b")?.offset(), 8);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn offset(&self) -> usize {
        self.offset
    }
}

/// Fields and the size of all, padding included. Each field ends within `size`.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Record {
    pub(super) fields: Box<[Field]>,
    pub(super) size: usize,
}

impl Record {
    pub(super) fn with_order(&self, order: ByteOrder) -> Self {
        let turn = |field: &Field| Field { dtype: field.dtype.with_order(order), ..field.clone() };
        Self { fields: self.fields.iter().map(turn).collect(), size: self.size }
    }
}

/// `element` repeated in C order. `element` is never a sub-array itself.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct SubArray {
    pub(super) element: DType,
    pub(super) shape: Box<[usize]>,
    pub(super) size: usize,
}

impl SubArray {
    pub(super) fn with_order(&self, order: ByteOrder) -> Self {
        let element = self.element.with_order(order);
        Self { element, shape: self.shape.clone(), size: self.size }
    }
}

impl DType {
    /// Makes a struct whose fields lie one after another, without padding.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// let point = DType::packed_struct(&[("id", DType::U16), ("x", DType::F32)])?;
    /// assert_eq!((point.size(), point.field("x")?.offset()), (6, 2));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Two fields of one name, or a struct of more than `isize::MAX` bytes.
    pub fn packed_struct(fields: &[(&str, Self)]) -> Result<Self> {
        let mut size = 0;
        let mut placed = Vec::with_capacity(fields.len());
        for (name, dtype) in fields {
            placed.push((*name, dtype.clone(), size));
            size = end_of(size, dtype)?;
        }
        Self::struct_at(&placed, size)
    }

    /// Makes a struct of `size` bytes from fields at stated offsets; they may overlap.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// let word = DType::struct_at(&[("all", DType::U32, 0), ("high", DType::U16, 2)], 4)?;
    /// assert_eq!((word.size(), word.fields().len()), (4, 2));
    /// assert!(DType::struct_at(&[("x", DType::F64, 0)], 4).is_err()); // reaches beyond
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Two fields of one name, a field that reaches beyond `size`, or a `size` over `isize::MAX`.
    pub fn struct_at(fields: &[(&str, Self, usize)], size: usize) -> Result<Self> {
        if isize::try_from(size).is_err() {
            return Err(too_large());
        }
        for (at, (name, dtype, offset)) in fields.iter().enumerate() {
            if end_of(*offset, dtype)? > size {
                let expected = format!("an end within {size} bytes");
                let got = format!("{dtype} at offset {offset}");
                return Err(Error::dtype(format!("struct field {name:?}"), expected, got));
            }
            if fields[..at].iter().any(|(other, _, _)| other == name) {
                return Err(Error::dtype(
                    "struct",
                    "distinct field names",
                    format!("{name:?} twice"),
                ));
            }
        }
        let place = |(name, dtype, offset): &(&str, Self, usize)| Field {
            name: (*name).into(),
            dtype: dtype.clone(),
            offset: *offset,
        };
        let fields = fields.iter().map(place).collect();
        Ok(Self(Repr::Struct(Arc::new(Record { fields, size }))))
    }

    /// Makes a sub-array: elements of type `element` in C order. A layout turns it into axes.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let matrix = DType::array(&DType::F32, &[2, 3])?;
    /// assert_eq!((matrix.size(), matrix.to_string()), (24, "f32[2, 3]".to_owned()));
    /// assert_eq!(Layout::contiguous(matrix, &[10])?.shape(), [10, 2, 3]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// More than `isize::MAX` bytes, or more than 64 axes.
    pub fn array(element: &Self, shape: &[usize]) -> Result<Self> {
        if shape.is_empty() {
            return Ok(element.clone());
        }
        let (element, inner) = element.sub_array().unwrap_or((element, &[]));
        let shape: Box<[usize]> = [shape, inner].concat().into();
        if shape.len() > 64 {
            return Err(Error::dtype("sub-array", "64 axes or fewer", shape.len()));
        }
        let size = if shape.contains(&0) {
            0
        } else {
            let size = shape.iter().try_fold(element.size(), |size, n| size.checked_mul(*n));
            size.filter(|size| isize::try_from(*size).is_ok()).ok_or_else(too_large)?
        };
        Ok(Self(Repr::Array(Arc::new(SubArray { element: element.clone(), shape, size }))))
    }

    /// The fields of a struct, in order of declaration; none for any other type.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// let dtype = DType::packed_struct(&[("x", DType::F32), ("y", DType::F32)])?;
    /// assert_eq!(dtype.fields()[1].offset(), 4);
    /// assert!(DType::F32.fields().is_empty());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn fields(&self) -> &[Field] {
        match &self.0 {
            Repr::Struct(record) => &record.fields,
            _ => &[],
        }
    }

    /// The field of that name.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// let dtype = DType::packed_struct(&[("width", DType::U32)])?;
    /// assert_eq!(dtype.field("width")?.offset(), 0);
    /// let error = dtype.field("widht").unwrap_err().to_string();
    /// assert!(error.contains("did you mean \"width\"?"), "{error}");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A type that is no struct, or a name it does not have; the nearest name is suggested.
    pub fn field(&self, name: &str) -> Result<&Field> {
        let Repr::Struct(record) = &self.0 else {
            return Err(Error::dtype(format!("field {name:?}"), "a struct", self));
        };
        record.fields.iter().find(|field| *field.name == *name).ok_or_else(|| {
            let names = record.fields.iter().map(|field| &*field.name);
            Error::unknown("field", name, names, format!("the struct is {self}"))
        })
    }

    /// Element type and shape of a sub-array; nothing for any other type.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// let dtype = DType::from_format("(2,3)f")?;
    /// assert_eq!(dtype.sub_array(), Some((&DType::F32, &[2, 3][..])));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn sub_array(&self) -> Option<(&Self, &[usize])> {
        match &self.0 {
            Repr::Array(array) => Some((&array.element, &array.shape)),
            _ => None,
        }
    }
}

fn end_of(offset: usize, dtype: &DType) -> Result<usize> {
    let end = offset.checked_add(dtype.size()).filter(|end| isize::try_from(*end).is_ok());
    end.ok_or_else(too_large)
}

fn too_large() -> Error {
    Error::dtype("element type", format!("{} bytes or fewer", isize::MAX), "more")
}
