//! Shader text: one WGSL module for a planned pass, put together from whole files and a little glue.
//!
//! ```text
//!   the pass twin's file           first, so that the line of an error is the file's own
//!   the point twins' files         each once
//!   shaders/lib/…                  layouts, fetch, unpack, pack, store: one file for each choice
//!   struct Params { p0, p1, … }    the parameter blocks of what runs, in order
//!   fn load(at)                    unpack a source pixel, then the steps that ride on loading
//!   fn compute(at)                 the pass twin, then the steps that ride on storing
//!   fn store(at, a, b, c, d)       four pixels to memory
//!   fn compute_four(at, count)     four pixels, written out or in turn
//!   fn main                        shaders/lib/main.wgsl
//! ```
//!
//! Nothing here touches a device. Strides are uniforms, so that one module serves every image of the
//! same type; what a stride's alignment allows is chosen here. Twins may use any names but those in
//! `shaders/lib` and the four above.

use std::fmt::Write as _;

use crate::device::bands::Rows;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::op::pass::{Plane, PlannedPass, Step};

/// The bindings of every op's shader, all in group 0.
pub(crate) mod binding {
    /// What pixels are read from.
    pub(crate) const SRC: u32 = 0;
    /// What pixels are written to.
    pub(crate) const DST: u32 = 1;
    /// Where pixels lie in the source.
    pub(crate) const SRC_LAYOUT: u32 = 2;
    /// Where pixels lie in the destination.
    pub(crate) const DST_LAYOUT: u32 = 3;
    /// The parameter blocks.
    pub(crate) const PARAMS: u32 = 4;
    /// The pass twin's arrays.
    pub(crate) const TABLES: u32 = 5;
}

/// Pixels that a workgroup computes, across and down.
pub(crate) const TILE: [usize; 2] = [64, 16];

/// Pixels that an invocation computes.
pub(crate) const PIXELS_EACH: usize = 4;

/// The entry point of every shader made here.
pub(crate) const ENTRY: &str = "main";

/// A WGSL module; its entry point is [`ENTRY`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shader {
    /// The WGSL text.
    pub(crate) text: String,
}

/// One end of a pass, as the uniform of the same name in `shaders/lib/image.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(crate) struct ImageLayout {
    /// Width and height.
    size: [i32; 2],
    /// Bytes to the next pixel of a row, and to the next row.
    strides: [i32; 2],
    /// The first of the rows that are bound, and the one after the last.
    rows: [i32; 2],
    /// The byte where pixel (0, 0) starts, counted modulo 2^32: before what is bound, where that
    /// begins with a later row.
    offset: i32,
    /// Bytes to the next channel.
    channel: i32,
}

impl ImageLayout {
    /// Describes a plane of a pass named `name`, of which `rows` are bound: its layout is theirs.
    ///
    /// # Errors
    /// [`Error::Limit`] where a byte of it has no 32-bit address.
    pub(crate) fn new(name: &str, plane: &Plane, rows: Rows) -> Result<Self> {
        let layout = &plane.layout;
        let reach = layout.span().end;
        let word = |n: isize| i32::try_from(n).map_err(|_| too_far(name, n.unsigned_abs()));
        i32::try_from(reach).map_err(|_| too_far(name, reach))?;
        // The stride of an axis with one index is never taken: as 0 it fits every alignment.
        let stride = |axis: usize| match layout.shape()[axis] {
            0 | 1 => Ok(0),
            _ => word(layout.strides()[axis]),
        };
        let row = stride(0)?;
        let count = |n: usize| word(n.cast_signed());
        let first = count(rows.first)?;
        let offset = count(layout.offset())?;
        Ok(Self {
            size: [count(plane.width())?, count(rows.height)?],
            strides: [stride(1)?, row],
            rows: [first, count(rows.first.saturating_add(rows.count))?],
            // Shaders count modulo 2^32 as well. Where rows go around they count from the first.
            offset: if rows.go_around() {
                offset
            } else {
                offset.wrapping_sub(first.wrapping_mul(row))
            },
            channel: stride(2)?,
        })
    }

    /// Tells whether every pixel starts at a multiple of `n` bytes.
    fn is_aligned(&self, n: i32) -> bool {
        [self.offset, self.strides[0], self.strides[1]].iter().all(|bytes| bytes % n == 0)
    }
}

fn too_far(name: &str, reach: usize) -> Error {
    Error::Limit {
        what: format!("{name}: an image's reach in memory"),
        got: format!("{reach} bytes"),
        limit: format!("{} bytes", i32::MAX),
        hint: "use the cpu device".to_owned(),
    }
}

/// Returns what a pass is called in messages: its op, and what runs.
pub(crate) fn label(planned: &PlannedPass) -> String {
    format!("{} ({planned})", planned.op)
}

/// Writes the shader of a planned pass.
///
/// # Errors
/// [`Error::Unsupported`] where the destination is laid out as no
/// [`Arrangement::PaddedPixels`](crate::op::pass::Arrangement) is; [`Error::DType`] where pixels are
/// none of u8, u16, f16 and f32; [`Error::Limit`] as [`ImageLayout::new`].
pub(crate) fn assemble(planned: &PlannedPass, src: Rows) -> Result<Shader> {
    let (fetch, pixel) = source(planned)?;
    let (pack, store) = destination(planned)?;

    let mut files: Vec<&str> = Vec::new();
    let twins = planned.pass.iter().map(|pass| pass.twin.wgsl);
    for file in twins.chain(steps(planned).map(|step| step.twin.wgsl)) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files.push(include_str!("../../../shaders/lib/image.wgsl"));
    files.extend(fetch);
    files.push(include_str!("../../../shaders/lib/pixel.wgsl"));
    files.push(pack);
    files.push(include_str!("../../../shaders/lib/store.wgsl"));
    let loops = planned.pass.as_ref().is_some_and(|pass| pass.loops > 1);
    files.push(if loops {
        include_str!("../../../shaders/lib/four_in_turn.wgsl")
    } else {
        include_str!("../../../shaders/lib/four_written_out.wgsl")
    });
    files.push(include_str!("../../../shaders/lib/main.wgsl"));

    let mut text = String::new();
    for file in files {
        text.push_str(file);
        text.push('\n');
    }
    text.push_str(if src.go_around() { SRC_ROW_AROUND } else { SRC_ROW });
    glue(&mut text, planned, &pixel, &store);
    Ok(Shader { text })
}

/// Where a row of the source lies: counted from row 0.
const SRC_ROW: &str = "fn src_row(y: i32) -> i32 {\n    return y;\n}\n\n";

/// Where a row of the source lies: counted from the first that is bound, those before it after the
/// last.
const SRC_ROW_AROUND: &str = "fn src_row(y: i32) -> i32 {
    let row = y - src_layout.rows.x;
    return select(row, row + src_layout.size.y, row < 0);
}

";

/// The bytes that a pass writes in its destination, padding included, in a size that binds.
///
/// # Errors
/// [`Error::Limit`] where they cannot be addressed.
pub(crate) fn dst_bytes(planned: &PlannedPass) -> Result<usize> {
    let layout = &planned.dst.layout;
    let [row, pixel] = [0, 1].map(|axis| layout.strides()[axis].unsigned_abs());
    let rows = planned.dst.height().saturating_sub(1).saturating_mul(row);
    let last = planned.dst.width().next_multiple_of(PIXELS_EACH).saturating_mul(pixel);
    let bytes = rows.saturating_add(last).max(layout.span().end);
    match i32::try_from(bytes) {
        Ok(_) => Ok(bytes.next_multiple_of(16)),
        Err(_) => Err(too_far(&label(planned), bytes)),
    }
}

/// All point steps of a pass, in the order of their parameter blocks.
fn steps(planned: &PlannedPass) -> impl Iterator<Item = &Step> {
    planned.load.iter().chain(&planned.store)
}

/// The bytes of `struct Params`: each block filled up to 16 bytes, as [`glue`] declares them.
pub(crate) fn params_bytes(planned: &PlannedPass) -> Vec<u8> {
    let load = planned.load.iter().map(|step| &step.params);
    let pass = planned.pass.iter().map(|pass| &pass.params);
    let store = planned.store.iter().map(|step| &step.params);
    let mut bytes = Vec::new();
    for block in load.chain(pass).chain(store) {
        bytes.extend_from_slice(block.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(16), 0);
    }
    if bytes.is_empty() { vec![0; 16] } else { bytes }
}

/// Writes what joins the files: the parameter blocks, `load`, `compute` and `store`.
fn glue(text: &mut String, planned: &PlannedPass, pixel: &str, store: &str) {
    let mut fields = String::new();
    let mut count = 0;
    let mut call = |name: &str, argument: &str, block: &str| {
        let _ = writeln!(fields, "    @align(16) p{count}: {block},");
        count += 1;
        format!("{name}({argument}, params.p{})", count - 1)
    };
    let mut load = format!("    var pixel = {pixel};\n");
    for step in &planned.load {
        let call = call(step.twin.name, "pixel", step.twin.params.name);
        let _ = writeln!(load, "    pixel = {call};");
    }
    let pass = match &planned.pass {
        Some(pass) => call(pass.twin.name, "at", pass.twin.params.name),
        None => "load(at)".to_owned(),
    };
    let mut compute = format!("    var pixel = {pass};\n");
    for step in &planned.store {
        let call = call(step.twin.name, "pixel", step.twin.params.name);
        let _ = writeln!(compute, "    pixel = {call};");
    }
    if fields.is_empty() {
        fields.push_str("    none: vec4<u32>,\n");
    }
    let four = "a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>";
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "struct Params {{\n{fields}}}\n\n\
         @group(0) @binding(4) var<uniform> params: Params;\n\n\
         fn load(at: vec2<i32>) -> vec4<f32> {{\n{load}    return pixel;\n}}\n\n\
         fn compute(at: vec2<i32>) -> vec4<f32> {{\n{compute}    return pixel;\n}}\n\n\
         fn store(at: vec2<i32>, {four}) {{\n    {store}(at, a, b, c, d);\n}}\n"
    );
}

/// Chooses how a pixel is fetched: the files for it, and the expression that unpacks one.
fn source(planned: &PlannedPass) -> Result<(Vec<&'static str>, String)> {
    let plane = &planned.src;
    let at = ImageLayout::new(&label(planned), plane, Rows::all(plane.height()))?;
    let dtype = plane.layout.dtype();
    let unpack = if *dtype == DType::U8 {
        include_str!("../../../shaders/lib/unpack_u8.wgsl")
    } else if *dtype == DType::U16 {
        include_str!("../../../shaders/lib/unpack_u16.wgsl")
    } else if *dtype == DType::F16 {
        include_str!("../../../shaders/lib/unpack_f16.wgsl")
    } else if *dtype == DType::F32 {
        include_str!("../../../shaders/lib/unpack_f32.wgsl")
    } else {
        return Err(Error::dtype(label(planned), "u8, u16, f16 or f32", dtype));
    };
    let channels = plane.channels.count();
    let size = i32::try_from(dtype.size()).unwrap_or(i32::MAX);
    let side_by_side = channels > 1 && at.channel == size;

    if *dtype == DType::F32 && (side_by_side || channels == 1) && at.is_aligned(16) {
        let quads = include_str!("../../../shaders/lib/src_quads.wgsl");
        return Ok((vec![quads], format!("pixel_from_{channels}(unpack_pixel(src_address(at)))")));
    }
    let fetch = if at.is_aligned(4) && (side_by_side || at.channel % 4 == 0) {
        include_str!("../../../shaders/lib/src_words.wgsl")
    } else if at.is_aligned(size) && at.channel % size == 0 {
        include_str!("../../../shaders/lib/src_samples.wgsl")
    } else {
        include_str!("../../../shaders/lib/src_bytes.wgsl")
    };
    let samples = if side_by_side {
        "unpack_pixel(src_address(at))".to_owned()
    } else {
        let sample = |channel| match channel {
            0 => "unpack_sample(src_address(at))".to_owned(),
            _ if channel >= channels => "0.0".to_owned(),
            _ => format!("unpack_sample(src_address(at) + {channel} * src_layout.channel)"),
        };
        format!("vec4({}, {}, {}, {})", sample(0), sample(1), sample(2), sample(3))
    };
    Ok((vec![fetch, unpack], format!("pixel_from_{channels}({samples})")))
}

/// Chooses how pixels are stored: the file that packs them, and the function that places them.
fn destination(planned: &PlannedPass) -> Result<(&'static str, String)> {
    let plane = &planned.dst;
    let layout = &plane.layout;
    let dtype = layout.dtype();
    let (pack, pack_bytes) = if *dtype == DType::U8 {
        (include_str!("../../../shaders/lib/pack_u8.wgsl"), 4)
    } else if *dtype == DType::U16 {
        (include_str!("../../../shaders/lib/pack_u16.wgsl"), 8)
    } else if *dtype == DType::F16 {
        (include_str!("../../../shaders/lib/pack_f16.wgsl"), 8)
    } else if *dtype == DType::F32 {
        (include_str!("../../../shaders/lib/pack_f32.wgsl"), 16)
    } else {
        return Err(Error::dtype(label(planned), "u8, u16, f16 or f32", dtype));
    };
    let channels = plane.channels.count();
    let [_, pixel, channel] = [0, 1, 2].map(|axis| layout.strides()[axis].unsigned_abs());
    let side_by_side = channels == 1 || channel == dtype.size();
    let rows_fit = |width: usize| {
        let row = layout.strides()[0];
        let steps_over = usize::try_from(row).is_ok_and(|row| row >= width * pixel);
        layout.shape()[0] == 1 || steps_over && row.unsigned_abs().is_multiple_of(pack_bytes)
    };
    let each = side_by_side && pixel == 4 * dtype.size() && rows_fit(plane.width());
    let packed = side_by_side
        && pixel == channels * dtype.size()
        && rows_fit(plane.width().next_multiple_of(PIXELS_EACH));
    let starts = layout.offset() == 0 && layout.strides()[1] >= 0;
    match starts.then_some((each, packed)) {
        Some((true, _)) => Ok((pack, format!("store_each_{channels}"))),
        Some((_, true)) => Ok((pack, format!("store_packed_{channels}"))),
        _ => Err(Error::Unsupported {
            what: format!("{}: writing pixels with strides {:?}", label(planned), layout.strides()),
            instead: "plan for Arrangement::PaddedPixels".to_owned(),
        }),
    }
}

#[cfg(test)]
#[path = "assemble_tests.rs"]
mod tests;
