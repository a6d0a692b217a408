//! Medians of large squares of codes, by histograms of columns.
//!
//! Going down a row changes two samples of a column's histogram; going right adds one column to the
//! square's histogram and takes one away (Perreault and Hébert, "Median Filtering in Constant Time", 2007):
//! first in 16 coarse parts, then only in the one that holds the median.

use super::dispatch;

/// Columns that are made at a time: their histograms stay in the nearer caches.
const COLUMNS: usize = 256;

/// Counts of sixteen neighbouring codes, or of sixteen parts of sixteen codes.
type Counts<T> = [T; 16];

/// The histograms of the columns of a tile: at most 255 rows are counted.
#[derive(Debug, Default)]
struct Columns {
    coarse: Vec<Counts<u8>>,
    fine: Vec<[Counts<u8>; 16]>,
}

dispatch! {
    /// Sets each code to the median of the square around it. `codes` has rows of `stride`, `radius` more
    /// than `out` on all four sides; `radius` is at most 100.
    pub(crate) fn column_medians(out: &mut [u8], codes: &[u8], stride: usize, radius: usize) {
        let width = stride - 2 * radius;
        let mut columns = Columns::default();
        for left in (0..width).step_by(COLUMNS) {
            tile(out, codes, [left, COLUMNS.min(width - left)], stride, radius, &mut columns);
        }
    }
}

/// Makes some columns of all rows.
#[inline(always)]
fn tile(
    out: &mut [u8],
    codes: &[u8],
    [left, count]: [usize; 2],
    stride: usize,
    radius: usize,
    columns: &mut Columns,
) {
    let side = 2 * radius + 1;
    let all = count + 2 * radius;
    columns.coarse.clear();
    columns.coarse.resize(all, [0; 16]);
    columns.fine.clear();
    columns.fine.resize(all, [[0; 16]; 16]);
    let row = |y: usize| &codes[y * stride + left..][..all];
    for y in 0..side - 1 {
        count_row(columns, row(y), 1);
    }
    let width = stride - 2 * radius;
    for (y, out) in out.chunks_exact_mut(width).enumerate() {
        count_row(columns, row(y + side - 1), 1);
        sweep(&mut out[left..left + count], columns, side);
        count_row(columns, row(y), u8::MAX);
    }
}

/// Adds a code to the histogram of each column, or with 255 takes one away.
#[inline(always)]
fn count_row(columns: &mut Columns, codes: &[u8], by: u8) {
    for ((code, coarse), fine) in codes.iter().zip(&mut columns.coarse).zip(&mut columns.fine) {
        let (high, low) = (usize::from(code >> 4), usize::from(code & 15));
        coarse[high] = coarse[high].wrapping_add(by);
        fine[high][low] = fine[high][low].wrapping_add(by);
    }
}

/// Goes along a row.
#[inline(always)]
fn sweep(out: &mut [u8], columns: &Columns, side: usize) {
    let middle = side * side / 2;
    let mut coarse = [0_u16; 16];
    let mut fine = [[0_u16; 16]; 16];
    // Of which column on the fine counts of each part are.
    let mut fresh = [usize::MAX; 16];
    for column in &columns.coarse[..side - 1] {
        add(&mut coarse, column);
    }
    for (x, out) in out.iter_mut().enumerate() {
        add(&mut coarse, &columns.coarse[x + side - 1]);
        let (part, before) = find(&coarse, middle);
        let counts = &mut fine[part];
        let behind = x.wrapping_sub(fresh[part]);
        if fresh[part] == usize::MAX || behind > side / 2 {
            *counts = [0; 16];
            for column in &columns.fine[x..x + side] {
                add(counts, &column[part]);
            }
        } else {
            for at in fresh[part]..x {
                add(counts, &columns.fine[at + side][part]);
                take(counts, &columns.fine[at][part]);
            }
        }
        fresh[part] = x;
        let (code, _) = find(counts, middle - before);
        *out = u8::try_from(part * 16 + code).unwrap_or(u8::MAX);
        take(&mut coarse, &columns.coarse[x]);
    }
}

/// Finds the entry in which the sample number `middle` lies, and how many lie before it.
#[inline(always)]
fn find(counts: &Counts<u16>, middle: usize) -> (usize, usize) {
    let mut before = 0;
    for (at, count) in counts.iter().enumerate() {
        let next = before + usize::from(*count);
        if next > middle {
            return (at, before);
        }
        before = next;
    }
    (15, before)
}

#[inline(always)]
fn add(sum: &mut Counts<u16>, counts: &Counts<u8>) {
    for k in 0..16 {
        sum[k] += u16::from(counts[k]);
    }
}

#[inline(always)]
fn take(sum: &mut Counts<u16>, counts: &Counts<u8>) {
    for k in 0..16 {
        sum[k] -= u16::from(counts[k]);
    }
}

#[cfg(test)]
mod tests {
    use super::column_medians;
    use crate::simd::Level;

    #[test]
    fn medians_of_codes_are_those_of_sorting() {
        for level in Level::all() {
            for (radius, width, rows) in [(1, 5, 3), (4, 300, 2), (7, 40, 16), (15, 9, 5)] {
                let stride = width + 2 * radius;
                let code = |at: usize| (at * 7919 + at / stride * 104_729) % 1009;
                let codes: Vec<u8> =
                    (0..stride * (rows + 2 * radius)).map(|at| code(at).to_le_bytes()[0]).collect();
                let mut out = vec![0; width * rows];
                column_medians(level, &mut out, &codes, stride, radius);
                let side = 2 * radius + 1;
                for (at, got) in out.iter().enumerate() {
                    let (y, x) = (at / width, at % width);
                    let rows = (y..y + side).map(|y| &codes[y * stride + x..][..side]);
                    let mut window = rows.collect::<Vec<_>>().concat();
                    window.sort_unstable();
                    assert_eq!(*got, window[side * side / 2], "{level} {radius} {width} {x} {y}");
                }
            }
        }
    }
}
