//! WGSL types as they lie in memory: sizes, strides, gaps.
//!
//! A type is read from naga's module once and owns all that it says, so that bindings outlive the
//! module. Sizes follow "Memory Layout" of the WGSL specification (section 14.4). *Not* here: what may
//! be bound to a type; that is [`fit`](super::fit).

use std::fmt;

use crate::dtype::DType;

/// A number of WGSL: its kind and its size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Bool,
    I32,
    U32,
    I64,
    U64,
    F16,
    F32,
    F64,
}

impl Number {
    fn from_naga(scalar: naga::Scalar) -> Option<Self> {
        Some(match (scalar.kind, scalar.width) {
            (naga::ScalarKind::Bool, _) => Self::Bool,
            (naga::ScalarKind::Sint, 4) => Self::I32,
            (naga::ScalarKind::Uint, 4) => Self::U32,
            (naga::ScalarKind::Sint, 8) => Self::I64,
            (naga::ScalarKind::Uint, 8) => Self::U64,
            (naga::ScalarKind::Float, 2) => Self::F16,
            (naga::ScalarKind::Float, 4) => Self::F32,
            (naga::ScalarKind::Float, 8) => Self::F64,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I32 => "i32",
            Self::U32 => "u32",
            Self::I64 => "i64",
            Self::U64 => "u64",
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    pub(super) fn dtype(self) -> DType {
        match self {
            Self::Bool => DType::BOOL,
            Self::I32 => DType::I32,
            Self::U32 => DType::U32,
            Self::I64 => DType::I64,
            Self::U64 => DType::U64,
            Self::F16 => DType::F16,
            Self::F32 => DType::F32,
            Self::F64 => DType::F64,
        }
    }

    pub(super) fn size(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::Bool | Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }
}

/// A member of a struct, at its offset in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) ty: Wgsl,
    pub(super) offset: usize,
}

/// A type that memory may be seen as.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wgsl {
    Number(Number),
    Atomic(Number),
    Vector {
        len: usize,
        of: Number,
    },
    Matrix {
        columns: usize,
        rows: usize,
        of: Number,
    },
    /// `len` is none for a runtime-sized array.
    Array {
        of: Box<Wgsl>,
        len: Option<usize>,
        stride: usize,
    },
    Struct {
        name: String,
        members: Vec<Member>,
        size: usize,
    },
}

impl Wgsl {
    /// Reads a type. None where memory that a host shares cannot have it (a texture, a sampler).
    pub(super) fn from_naga(module: &naga::Module, ty: naga::Handle<naga::Type>) -> Option<Self> {
        let ty = &module.types[ty];
        Some(match &ty.inner {
            naga::TypeInner::Scalar(scalar) => Self::Number(Number::from_naga(*scalar)?),
            naga::TypeInner::Atomic(scalar) => Self::Atomic(Number::from_naga(*scalar)?),
            naga::TypeInner::Vector { size, scalar } => {
                Self::Vector { len: *size as usize, of: Number::from_naga(*scalar)? }
            }
            naga::TypeInner::Matrix { columns, rows, scalar } => Self::Matrix {
                columns: *columns as usize,
                rows: *rows as usize,
                of: Number::from_naga(*scalar)?,
            },
            naga::TypeInner::Array { base, size, stride } => {
                let len = match size {
                    naga::ArraySize::Constant(len) => Some(len.get() as usize),
                    naga::ArraySize::Dynamic => None,
                    naga::ArraySize::Pending(_) => return None,
                };
                let of = Box::new(Self::from_naga(module, *base)?);
                Self::Array { of, len, stride: *stride as usize }
            }
            naga::TypeInner::Struct { members, span } => {
                let member = |one: &naga::StructMember| {
                    Some(Member {
                        name: one.name.clone().unwrap_or_default(),
                        ty: Self::from_naga(module, one.ty)?,
                        offset: one.offset as usize,
                    })
                };
                Self::Struct {
                    name: ty.name.clone().unwrap_or_else(|| "struct".to_owned()),
                    members: members.iter().map(member).collect::<Option<_>>()?,
                    size: *span as usize,
                }
            }
            _ => return None,
        })
    }

    /// Returns the size in bytes; that of a runtime-sized array is one element's stride.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Number(of) | Self::Atomic(of) => of.size(),
            Self::Vector { len, of } => len * of.size(),
            Self::Matrix { columns, rows, of } => columns * column_stride(*rows, *of),
            Self::Array { len, stride, .. } => len.unwrap_or(1).saturating_mul(*stride),
            Self::Struct { size, .. } => *size,
        }
    }

    /// Returns the one type of all its numbers, where there is one.
    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Self::Number(of) | Self::Atomic(of) => Some(*of),
            Self::Vector { of, .. } | Self::Matrix { of, .. } => Some(*of),
            Self::Array { of, .. } => of.number(),
            Self::Struct { members, .. } => {
                let first = members.first()?.ty.number()?;
                let same = members.iter().all(|member| member.ty.number() == Some(first));
                same.then_some(first)
            }
        }
    }

    /// Tells whether its numbers lie side by side, as in an array of a host.
    pub(super) fn is_packed(&self) -> bool {
        match self {
            Self::Number(_) | Self::Atomic(_) | Self::Vector { .. } => true,
            Self::Matrix { rows, .. } => *rows != 3,
            Self::Array { of, stride, .. } => *stride == of.size() && of.is_packed(),
            Self::Struct { members, size, .. } => {
                let mut end = 0;
                members.iter().all(|member| {
                    let starts = member.offset == end;
                    end = member.offset + member.ty.size();
                    starts && member.ty.is_packed()
                }) && (end == *size || self.is_runtime_sized())
            }
        }
    }

    /// Tells whether it ends in an array whose length the bound memory decides.
    pub(super) fn is_runtime_sized(&self) -> bool {
        match self {
            Self::Array { len, .. } => len.is_none(),
            Self::Struct { members, .. } => {
                members.last().is_some_and(|last| last.ty.is_runtime_sized())
            }
            _ => false,
        }
    }

    /// Returns the first vector of three that makes a gap, as WGSL writes it.
    pub(super) fn gap_of_three(&self) -> Option<String> {
        match self {
            Self::Matrix { rows: 3, .. } | Self::Vector { len: 3, .. } => Some(self.to_string()),
            Self::Array { of, .. } => of.gap_of_three(),
            Self::Struct { members, .. } => members.iter().find_map(|one| one.ty.gap_of_three()),
            _ => None,
        }
    }

    /// Returns the host's element type of the same bytes; a runtime-sized array has one element.
    pub(super) fn dtype(&self) -> Option<DType> {
        match self {
            Self::Number(of) | Self::Atomic(of) => Some(of.dtype()),
            Self::Vector { len, of } => DType::array(&of.dtype(), &[*len]).ok(),
            Self::Matrix { columns, rows, of } => {
                let stride = column_stride(*rows, *of) / of.size();
                DType::array(&of.dtype(), &[*columns, stride]).ok()
            }
            Self::Array { of, len, stride } => {
                let element = match of.dtype()? {
                    dtype if dtype.size() == *stride => dtype,
                    dtype => padded(&dtype, of.number(), *stride)?,
                };
                DType::array(&element, &[len.unwrap_or(1)]).ok()
            }
            Self::Struct { members, size, .. } => {
                let fields: Option<Vec<_>> = members
                    .iter()
                    .map(|one| Some((one.name.as_str(), one.ty.dtype()?, one.offset)))
                    .collect();
                DType::struct_at(&fields?, *size).ok()
            }
        }
    }

    /// Finds the member at the end of a path such as `["camera", "eye"]`, with its offset.
    pub(super) fn member(&self, path: &[&str]) -> Option<(usize, &Self)> {
        let Some((first, rest)) = path.split_first() else { return Some((0, self)) };
        let Self::Struct { members, .. } = self else { return None };
        let member = members.iter().find(|member| member.name == *first)?;
        let (offset, ty) = member.ty.member(rest)?;
        Some((member.offset + offset, ty))
    }

    /// Lists each part that holds no struct: its path under `name`, offset and type.
    pub(super) fn parts<'a>(&'a self, name: &str, offset: usize, found: &mut Vec<Part<'a>>) {
        let Self::Struct { members, .. } = self else {
            found.push(Part { path: name.to_owned(), offset, ty: self });
            return;
        };
        for member in members {
            let path = format!("{name}.{}", member.name);
            member.ty.parts(&path, offset + member.offset, found);
        }
    }
}

/// A part of a type that is no struct.
pub(super) struct Part<'a> {
    pub(super) path: String,
    pub(super) offset: usize,
    pub(super) ty: &'a Wgsl,
}

/// Bytes from a matrix's column to the next: three rows take the place of four.
pub(super) fn column_stride(rows: usize, of: Number) -> usize {
    if rows == 3 { 4 * of.size() } else { rows * of.size() }
}

/// An element filled up to its stride with numbers of its own type.
fn padded(dtype: &DType, number: Option<Number>, stride: usize) -> Option<DType> {
    let number = number.filter(|_| dtype.fields().is_empty())?;
    DType::array(&number.dtype(), &[stride / number.size()]).ok()
}

impl fmt::Display for Wgsl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(of) => f.write_str(of.name()),
            Self::Atomic(of) => write!(f, "atomic<{}>", of.name()),
            Self::Vector { len, of } => write!(f, "vec{len}<{}>", of.name()),
            Self::Matrix { columns, rows, of } => write!(f, "mat{columns}x{rows}<{}>", of.name()),
            Self::Array { of, len: Some(len), .. } => write!(f, "array<{of}, {len}>"),
            Self::Array { of, len: None, .. } => write!(f, "array<{of}>"),
            Self::Struct { name, .. } => f.write_str(name),
        }
    }
}
