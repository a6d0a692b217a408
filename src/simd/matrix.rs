//! Rows to lanes and back: a block of rows turned on its side.
//!
//! Horizontal sums are slow along a row, where each output starts at its own place, and fast across
//! rows: with 16 rows turned so that one column is one run of 16 samples, a weight multiplies a whole
//! run, whatever the filter.

use super::{dispatch, run, run_mut};

/// The number of rows that are turned at a time.
pub(crate) const LANES: usize = 16;

dispatch! {
    /// Turns up to [`LANES`] rows into columns: `lanes[x * LANES + y] = rows[y][at + x]`.
    ///
    /// As many columns as `lanes` has room for; lanes of rows that are not there are of no meaning.
    pub(crate) fn lanes_from_rows(lanes: &mut [f32], rows: &[&[f32]], at: usize) {
        let (columns, _) = lanes.as_chunks_mut::<LANES>();
        let whole = columns.len() - columns.len() % LANES;
        let mut x = 0;
        while x < whole {
            let mut tile = [[0.0; LANES]; LANES];
            for y in 0..rows.len().min(LANES) {
                tile[y] = *run(rows[y], at + x);
            }
            *run_mut(columns, x) = turned::<FMA>(&tile);
            x += LANES;
        }
        while x < columns.len() {
            for y in 0..rows.len().min(LANES) {
                columns[x][y] = rows[y][at + x];
            }
            x += 1;
        }
    }
}

dispatch! {
    /// Turns columns back into rows: `rows[y][at + x] = lanes[x * LANES + y]`.
    pub(crate) fn rows_from_lanes(rows: &mut [&mut [f32]], at: usize, lanes: &[f32]) {
        let (columns, _) = lanes.as_chunks::<LANES>();
        let whole = columns.len() - columns.len() % LANES;
        let mut x = 0;
        while x < whole {
            let tile = turned::<FMA>(run(columns, x));
            for y in 0..rows.len().min(LANES) {
                *run_mut(rows[y], at + x) = tile[y];
            }
            x += LANES;
        }
        while x < columns.len() {
            for y in 0..rows.len().min(LANES) {
                rows[y][at + x] = columns[x][y];
            }
            x += 1;
        }
    }
}

/// Rows and columns of a tile.
type Tile = [[f32; LANES]; LANES];

/// Turns a tile on its side.
#[inline(always)]
fn turned<const FMA: bool>(tile: &Tile) -> Tile {
    #[cfg(target_arch = "x86_64")]
    if FMA {
        // SAFETY: on x86-64 `FMA` is true in the bodies alone that are built for `Set::Avx2` and
        // `Set::Avx512`, and those run where the CPU was found to have AVX2.
        return unsafe { turned_avx2(tile) };
    }
    let mut turned = [[0.0; LANES]; LANES];
    for y in 0..LANES {
        for x in 0..LANES {
            turned[x][y] = tile[y][x];
        }
    }
    turned
}

/// Turns a tile in pieces of eight rows and four columns.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn turned_avx2(tile: &Tile) -> Tile {
    use std::arch::x86_64::{
        _mm256_loadu2_m128, _mm256_shuffle_ps, _mm256_storeu_ps, _mm256_unpackhi_ps,
        _mm256_unpacklo_ps,
    };
    /// Four columns of two rows that are four apart, as the halves of a register.
    macro_rules! halves {
        ($y:expr, $x:expr) => {{
            let low: &[f32; 4] = run(&tile[$y], $x);
            let high: &[f32; 4] = run(&tile[$y + 4], $x);
            // SAFETY: both are references to the four samples that are read.
            unsafe { _mm256_loadu2_m128(high.as_ptr(), low.as_ptr()) }
        }};
    }
    let mut turned = [[0.0; LANES]; LANES];
    let mut x = 0;
    while x < LANES {
        let mut y = 0;
        while y < LANES {
            let (a, b) = (halves!(y, x), halves!(y + 1, x));
            let (c, d) = (halves!(y + 2, x), halves!(y + 3, x));
            let (low_ab, high_ab) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
            let (low_cd, high_cd) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
            let columns = [
                _mm256_shuffle_ps::<0x44>(low_ab, low_cd),
                _mm256_shuffle_ps::<0xee>(low_ab, low_cd),
                _mm256_shuffle_ps::<0x44>(high_ab, high_cd),
                _mm256_shuffle_ps::<0xee>(high_ab, high_cd),
            ];
            for k in 0..4 {
                let column: &mut [f32; 8] = run_mut(&mut turned[x + k], y);
                // SAFETY: the reference is to the eight samples that are written.
                unsafe { _mm256_storeu_ps(column.as_mut_ptr(), columns[k]) }
            }
            y += 8;
        }
        x += 4;
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::{LANES, lanes_from_rows, rows_from_lanes};
    use crate::simd::Level;

    #[test]
    fn rows_turned_and_turned_back_are_the_same_rows() {
        for level in Level::all() {
            for count in [1, 5, 16] {
                for width in [0, 1, 15, 16, 37] {
                    let row = |y: usize| (0..width).map(|x| (x * 100 + y) as f32).collect();
                    let rows: Vec<Vec<f32>> = (0..count).map(row).collect();
                    let views: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
                    let mut lanes = vec![f32::NAN; width * LANES];
                    lanes_from_rows(level, &mut lanes, &views, 0);
                    for x in 0..width {
                        for y in 0..count {
                            assert_eq!(lanes[x * LANES + y], rows[y][x]);
                        }
                    }
                    let mut back = vec![vec![f32::NAN; width]; count];
                    let mut views: Vec<&mut [f32]> = back.iter_mut().map(|r| &mut r[..]).collect();
                    rows_from_lanes(level, &mut views, 0, &lanes);
                    assert_eq!(back, rows);
                }
            }
        }
    }
}
