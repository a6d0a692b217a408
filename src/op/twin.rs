//! The two forms of one pass: a CPU function and a WGSL function of the same name.
//!
//! Twins run the same plain loop over the same [`Params`] and tables, so they can differ only by
//! rounding. All that is clever was computed before, on the host, when the op was lowered. A twin
//! never knows how pixels are stored: it sees working pixels (f32, see [`crate::op::rows`]), and its
//! WGSL calls `load(at)`, which the device's shader assembly writes.
//!
//! WGSL forms, for a twin named `name` whose parameter block is `struct NameParams`:
//!
//! ```text
//! point twin   fn name(pixel: vec4<f32>, params: NameParams) -> vec4<f32>
//! pass twin    fn name(at: vec2<i32>, params: NameParams) -> vec4<f32>
//!              may call  load(at: vec2<i32>) -> vec4<f32>   one source pixel, inside the source
//!              may read  tables: array<u32>                 what `lower` put there
//! ```

use std::sync::Arc;

use crate::op::rows::{PassContext, PixelRow};

/// The bytes of a parameter block, laid out as the WGSL struct of the same fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params(Arc<[u8]>);

/// A parameter block: a plain struct with a WGSL struct of the same layout. Made by `params!`.
pub trait ParamBlock: bytemuck::Pod + std::fmt::Debug {
    /// Name and layout, to be compared with the WGSL struct by test.
    const LAYOUT: ParamLayout;
}

/// The name and field offsets of a parameter block.
#[derive(Clone, Copy, Debug)]
pub struct ParamLayout {
    /// The name of the struct, in Rust and WGSL.
    pub name: &'static str,
    /// Its size in bytes.
    pub size: usize,
    /// Field names with their offsets in bytes.
    pub fields: &'static [(&'static str, usize)],
}

impl Params {
    /// Packs a parameter block.
    #[must_use]
    pub fn new<P: ParamBlock>(params: &P) -> Self {
        Self(bytemuck::bytes_of(params).into())
    }

    /// Unpacks the block that `new` packed.
    ///
    /// # Panics
    /// Where `P` has another size than the packed block: a twin reads its own block only.
    #[must_use]
    pub fn read<P: ParamBlock>(&self) -> P {
        bytemuck::pod_read_unaligned(&self.0)
    }

    /// Returns the bytes as a GPU reads them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Declares a parameter block of 4-byte fields (`f32`, `u32`, `i32`, or arrays of four of them).
macro_rules! params {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$doc:meta])* $field:ident: $ty:ty,)+ }) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
        $vis struct $name { $($(#[$doc])* $vis $field: $ty,)+ }

        impl $crate::op::twin::ParamBlock for $name {
            const LAYOUT: $crate::op::twin::ParamLayout = $crate::op::twin::ParamLayout {
                name: stringify!($name),
                size: size_of::<Self>(),
                fields: &[$((stringify!($field), std::mem::offset_of!(Self, $field)),)+],
            };
        }
    };
}
pub(crate) use params;

/// A point op's twin: changes one pixel, knows no other.
#[derive(Debug)]
pub struct PointTwin {
    /// The name of both functions.
    pub name: &'static str,
    /// The WGSL source that holds the function and its parameter struct.
    pub wgsl: &'static str,
    /// The layout of its parameter block.
    pub params: ParamLayout,
    /// Whether each channel becomes what it becomes whatever the others and its place are: a device may
    /// ask such a twin for every value that a channel can have, instead of for every pixel.
    pub by_channel: bool,
    /// The CPU function, over a row.
    pub row: fn(&mut PixelRow<'_>, &Params),
}

/// A pass op's twin: computes a pixel from others.
#[derive(Debug)]
pub struct PassTwin {
    /// The name of both functions.
    pub name: &'static str,
    /// The WGSL source that holds the function and its parameter struct.
    pub wgsl: &'static str,
    /// The layout of its parameter block.
    pub params: ParamLayout,
    /// The CPU function, over a block of rows.
    pub rows: fn(&mut PassContext<'_>),
}

/// Makes a [`PointTwin`] from a function `fn(pixel: [f32; 4], &Params) -> [f32; 4]`, one that goes by
/// channel where that is said.
macro_rules! point_twin {
    ($function:ident, $params:ty, $wgsl:literal) => {
        $crate::op::twin::point_twin!($function, $params, $wgsl, false)
    };
    ($function:ident, $params:ty, $wgsl:literal, by_channel) => {
        $crate::op::twin::point_twin!($function, $params, $wgsl, true)
    };
    ($function:ident, $params:ty, $wgsl:literal, $by_channel:literal) => {
        $crate::op::twin::PointTwin {
            name: stringify!($function),
            wgsl: include_str!(concat!("../../shaders/", $wgsl)),
            params: <$params as $crate::op::twin::ParamBlock>::LAYOUT,
            by_channel: $by_channel,
            row: |row, params| {
                let params: $params = params.read();
                row.map(|pixel| $function(pixel, &params));
            },
        }
    };
}
pub(crate) use point_twin;

#[cfg(test)]
mod tests {
    use super::{ParamBlock, Params};

    params! {
        /// A block for this test.
        struct TestParams {
            /// A number.
            factor: f32,
            /// Another.
            count: u32,
        }
    }

    #[test]
    fn a_parameter_block_comes_back_as_it_went_in() {
        let packed = Params::new(&TestParams { factor: 1.5, count: 7 });
        let read: TestParams = packed.read();
        assert_eq!((read.factor, read.count), (1.5, 7));
        assert_eq!(packed.as_bytes().len(), TestParams::LAYOUT.size);
        assert_eq!(TestParams::LAYOUT.fields, [("factor", 0), ("count", 4)]);
    }
}
