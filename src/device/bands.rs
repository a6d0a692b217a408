//! Which rows of a plan's images one run of its passes needs, where there is no room for the whole.
//!
//! ```text
//!   rows of the result ◄─ rows of the pass before ◄─ … ◄─ rows of the source
//!        0..900                0..903                        0..1806
//!      900..1800             897..1803                    1794..3606        halos are computed twice
//! ```
//!
//! A *stage* is a run of passes that hand rows on as rows. Where a view between two passes turns rows
//! into columns, or only the twin knows which rows it reads, a new stage begins: what came before is
//! then made as a whole. Arithmetic only: nothing here knows a device.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::op::pass::{Plan, PlannedPass};

/// Which rows of an image are at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) first: usize,
    /// How many. Those after the last row of the image are its first.
    pub(crate) count: usize,
    /// The rows of the whole image.
    pub(crate) height: usize,
}

impl Rows {
    pub(crate) fn all(height: usize) -> Self {
        Self { first: 0, count: height, height }
    }

    pub(crate) fn part(rows: &Range<usize>, height: usize) -> Self {
        Self { first: rows.start, count: rows.len(), height }
    }

    /// Tells whether they go on from the last row to the first.
    #[cfg(feature = "gpu")]
    pub(crate) fn go_around(&self) -> bool {
        self.first + self.count > self.height
    }
}

/// What may be bound of any buffer, and what all of a run may take together, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) binding: u64,
    pub(super) together: u64,
}

/// The passes of a stage for some rows of its result.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) passes: Vec<BandPass>,
    /// The rows of the stage's result.
    pub(super) rows: Range<usize>,
}

/// A pass as its shader sees it: layouts of what is bound, and which rows of the images those are.
#[derive(Clone, Debug)]
pub(super) struct BandPass {
    pub(super) planned: PlannedPass,
    pub(super) src: Rows,
    pub(super) dst: Rows,
}

impl BandPass {
    /// A pass over whole images.
    #[cfg(feature = "gpu")]
    pub(super) fn whole(planned: PlannedPass) -> Self {
        let (src, dst) = (Rows::all(planned.src.height()), Rows::all(planned.dst.height()));
        Self { planned, src, dst }
    }
}

/// Cuts the passes of a plan into stages.
pub(super) fn stages(plan: &Plan) -> Vec<&[PlannedPass]> {
    plan.passes.chunk_by(|before, pass| hands_on_rows(before, pass) && knows_rows(pass)).collect()
}

/// Tells whether rows of `before` are rows of what `pass` reads.
fn hands_on_rows(before: &PlannedPass, pass: &PlannedPass) -> bool {
    let (row, src) = (before.dst.layout.strides()[0], &pass.src.layout);
    let across = (src.shape()[1].max(1) - 1).saturating_mul(src.strides()[1].unsigned_abs());
    src.strides()[0].unsigned_abs() == row.unsigned_abs() && across < row.unsigned_abs()
}

fn knows_rows(pass: &PlannedPass) -> bool {
    pass.pass.as_ref().is_none_or(|one| one.rows_read(0..1).is_some())
}

/// Cuts the rows of a stage's result into the largest bands for which there is room.
///
/// # Errors
/// [`Error::Limit`] where there is none for a single row.
pub(super) fn cut(stage: &[PlannedPass], room: Room) -> Result<Vec<Band>> {
    let height = stage.last().map_or(0, |last| last.dst.height());
    let mut step = height.max(1);
    loop {
        let starts = (0..height).step_by(step);
        let bands: Result<Vec<_>> =
            starts.map(|start| band(stage, start..height.min(start + step))).collect();
        let bands = bands?;
        let mut over: f64 = 0.0;
        let mut worst = None;
        for one in &bands {
            let (largest, together, name) = size(one);
            for (bytes, limit) in [(largest, room.binding), (together, room.together)] {
                let ratio = bytes as f64 / limit.max(1) as f64;
                if ratio > over {
                    over = ratio;
                    worst = Some((bytes, limit, name.clone()));
                }
            }
        }
        let Some((bytes, limit, name)) = worst.filter(|_| over > 1.0) else { return Ok(bands) };
        if step == 1 {
            return Err(Error::Limit {
                what: format!("{name}: what one row of the result needs"),
                got: format!("{bytes} bytes"),
                limit: format!("{limit} bytes"),
                hint: "use the cpu device".to_owned(),
            });
        }
        step = smaller(step, over);
    }
}

/// Returns fewer rows, in whole tiles while there are any.
fn smaller(step: usize, over: f64) -> usize {
    let fitting = (step as f64 / over).floor();
    // Halos do not shrink with the band, so that the first guess may not do.
    let next = (1..step).rev().find(|next| *next as f64 <= fitting).unwrap_or(1);
    if next > 16 { next / 16 * 16 } else { next }
}

/// Returns the bytes of a band's largest image, of all together, and the name of the largest's pass.
fn size(band: &Band) -> (u64, u64, String) {
    let (mut largest, mut together, mut name) = (0, 0, String::new());
    for one in &band.passes {
        let (src, dst) = (&one.planned.src.layout, &one.planned.dst.layout);
        // Rows are padded by three pixels of four f32 at most.
        let (src, dst) = (src.span().end as u64, dst.span().end as u64 + 64);
        if src.max(dst) > largest {
            (largest, name) = (src.max(dst), format!("{} ({})", one.planned.op, one.planned));
        }
        together += dst;
    }
    let source = band.passes.first().map_or(0, |one| one.planned.src.layout.span().end as u64);
    (largest, together + source, name)
}

/// Works out which rows every pass makes and reads for some rows of the last.
fn band(stage: &[PlannedPass], rows: Range<usize>) -> Result<Band> {
    let mut passes = Vec::with_capacity(stage.len());
    let mut wanted = rows.clone();
    for (index, planned) in stage.iter().enumerate().rev() {
        let read = rows_read(planned, &wanted, index == 0);
        let dst = Rows::part(&wanted, planned.dst.height());
        let mut local = planned.clone();
        local.dst.layout = planned.dst.layout.slice(0, ..wanted.len())?;
        let src = &planned.src.layout;
        if index == 0 {
            let shape = [read.count, src.shape()[1], src.shape()[2]];
            local.src.layout = Layout::contiguous(src.dtype().clone(), &shape)?;
        } else {
            let made = rows_of(&stage[index - 1].dst.layout, src, &read);
            let row = stage[index - 1].dst.layout.strides()[0].unsigned_abs();
            let first = src
                .offset()
                .wrapping_add_signed(src.strides()[0].wrapping_mul(read.first.cast_signed()));
            let shape = [read.count, src.shape()[1], src.shape()[2]];
            let offset = first - made.start * row;
            local.src.layout = Layout::new(src.dtype().clone(), &shape, src.strides(), offset)?;
            wanted = made;
        }
        passes.push(BandPass { planned: local, src: read, dst });
    }
    passes.reverse();
    Ok(Band { passes, rows })
}

/// Returns which rows of its source a pass reads for some rows of its result.
pub(super) fn rows_read(planned: &PlannedPass, wanted: &Range<usize>, may_wrap: bool) -> Rows {
    let height = planned.src.height();
    let read = match &planned.pass {
        None => Some(wanted.start as i64..wanted.end as i64),
        Some(pass) => pass.rows_read(wanted.clone()),
    };
    let full = height as i64;
    let Some(read) = read.filter(|read| read.end - read.start < full) else {
        return Rows::all(height);
    };
    let first = usize::try_from(read.start.rem_euclid(full.max(1))).unwrap_or(0);
    // A shader binds at least one row.
    let count = usize::try_from(read.end - read.start).unwrap_or(0).max(1);
    let around = first + count > height;
    if around && !may_wrap {
        return Rows::all(height);
    }
    Rows { first, count, height }
}

/// Returns which rows of memory some rows of a view of it are.
fn rows_of(memory: &Layout, view: &Layout, rows: &Rows) -> Range<usize> {
    let row = memory.strides()[0].unsigned_abs().max(1);
    let origin = view.offset() / row;
    if view.strides()[0] < 0 {
        origin + 1 - rows.first - rows.count..origin + 1 - rows.first
    } else {
        origin + rows.first..origin + rows.first + rows.count
    }
}

/// What some rows of an image become in a view of it: an axis, the part of it, and its layout over
/// memory that begins with the first of those rows. Nothing where none of them is seen.
#[cfg(feature = "gpu")]
pub(super) fn seen(
    memory: &Layout,
    view: &Layout,
    rows: &Range<usize>,
) -> Result<Option<(usize, Range<usize>, Layout)>> {
    let row = memory.strides()[0].unsigned_abs().max(1);
    let is_rows = |axis: &usize| {
        let other = 1 - *axis;
        let across = (view.shape()[other].max(1) - 1) * view.strides()[other].unsigned_abs();
        view.strides()[*axis].unsigned_abs() == row && across < row
    };
    let Some(axis) = [0, 1].into_iter().find(is_rows) else {
        let expected = format!("a view whose rows or columns are the rows of {memory:?}");
        return Err(Error::shape("plan output", expected, format!("{view:?}")));
    };
    let (len, origin) = (view.shape()[axis], view.offset() / row);
    let part = if view.strides()[axis] < 0 {
        let end = (origin + 1).saturating_sub(rows.start).min(len);
        (origin + 1).saturating_sub(rows.end).min(end)..end
    } else {
        let end = rows.end.saturating_sub(origin).min(len);
        rows.start.saturating_sub(origin).min(end)..end
    };
    if part.is_empty() {
        return Ok(None);
    }
    let layout = view.slice(axis, part.clone())?;
    let offset = layout.offset() - rows.start * row;
    let layout = Layout::new(layout.dtype().clone(), layout.shape(), layout.strides(), offset)?;
    Ok(Some((axis, part, layout)))
}
