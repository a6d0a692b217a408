//! Doubling rows and columns of samples, as JPEG's chroma needs it.
//!
//! The triangle filter that libjpeg calls "fancy": a new sample lies a quarter of the way to its
//! neighbour, so that it is three parts of the nearer and one of the farther. The rounding, which
//! alternates, is libjpeg's (`jdsample`), bit for bit.

use super::dispatch;

dispatch! {
    /// Doubles the columns of a row. `doubled` holds twice as many samples.
    pub(crate) fn double_columns(row: &[u8], doubled: &mut [u8]) {
        let (&[first, .., last], [start, middle @ .., end]) = (row, &mut *doubled) else {
            doubled.fill(row.first().copied().unwrap_or(0));
            return;
        };
        *start = first;
        *end = last;
        // Each new pair lies between two neighbours.
        for (pair, two) in middle.as_chunks_mut::<2>().0.iter_mut().zip(row.windows(2)) {
            let (left, right) = (u16::from(two[0]), u16::from(two[1]));
            *pair = [quarter(3 * left + right + 2), quarter(left + 3 * right + 1)];
        }
    }
}

dispatch! {
    /// Makes a row between two others, nearer to the first. `bias` is 1 above it and 2 below.
    pub(crate) fn double_rows(near: &[u8], far: &[u8], bias: u16, between: &mut [u8]) {
        for ((between, near), far) in between.iter_mut().zip(near).zip(far) {
            *between = quarter(3 * u16::from(*near) + u16::from(*far) + bias);
        }
    }
}

dispatch! {
    /// Makes a row between two others, nearer to the first, and doubles its columns.
    ///
    /// `sums` is memory to work in, as long as the rows.
    pub(crate) fn double_rows_and_columns(
        near: &[u8], far: &[u8], sums: &mut [u16], doubled: &mut [u8],
    ) {
        for ((sum, near), far) in sums.iter_mut().zip(near).zip(far) {
            *sum = 3 * u16::from(*near) + u16::from(*far);
        }
        let (&mut [first, .., last], [start, middle @ .., end]) = (&mut *sums, &mut *doubled) else {
            doubled.fill(sums.first().map_or(0, |sum| sixteenth(4 * *sum + 8)));
            return;
        };
        *start = sixteenth(4 * first + 8);
        *end = sixteenth(4 * last + 7);
        for (pair, two) in middle.as_chunks_mut::<2>().0.iter_mut().zip(sums.windows(2)) {
            let (left, right) = (two[0], two[1]);
            *pair = [sixteenth(3 * left + right + 7), sixteenth(left + 3 * right + 8)];
        }
    }
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a quarter of four samples is a sample")]
fn quarter(sum: u16) -> u8 {
    (sum >> 2) as u8
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a sixteenth of sixteen samples is a sample")]
fn sixteenth(sum: u16) -> u8 {
    (sum >> 4) as u8
}

#[cfg(test)]
mod tests {
    use super::{double_columns, double_rows, double_rows_and_columns};
    use crate::simd::Level;

    fn row(width: usize, seed: usize) -> Vec<u8> {
        (0..width)
            .map(|x| u8::try_from((x * 97 + seed * 31 + x * x) % 256).expect("8 bits"))
            .collect()
    }

    /// What is at `x` of the doubled row, by libjpeg's rule in words: three parts of the near sample and
    /// one of its neighbour on that side; at the ends the sample itself.
    fn wanted(row: &[u16], x: usize, parts: u16, bias: [u16; 2]) -> u16 {
        let (at, right) = (x / 2, x % 2 == 1);
        let neighbour = if right { (at + 1).min(row.len() - 1) } else { at.saturating_sub(1) };
        let bias = bias[usize::from(right)];
        (3 * row[at] + row[neighbour] + bias) / (4 * parts)
    }

    #[test]
    fn every_level_doubles_rows_and_columns_of_any_width() {
        for level in Level::all() {
            for width in [2, 3, 4, 7, 16, 31, 32, 33, 70] {
                let (near, far) = (row(width, 1), row(width, 2));
                let wide: Vec<u16> = near.iter().map(|one| u16::from(*one)).collect();
                let mut doubled = vec![0; 2 * width];
                double_columns(level, &near, &mut doubled);
                for (x, got) in doubled.iter().enumerate() {
                    let want = wanted(&wide, x, 1, [1, 2]);
                    assert_eq!(u16::from(*got), want, "{level} {width} {x}");
                }
                let mut between = vec![0; width];
                for bias in [1, 2] {
                    double_rows(level, &near, &far, bias, &mut between);
                    for x in 0..width {
                        let want = (3 * u16::from(near[x]) + u16::from(far[x]) + bias) / 4;
                        assert_eq!(u16::from(between[x]), want, "{level} {width} {x}");
                    }
                }
                let sums: Vec<u16> =
                    near.iter().zip(&far).map(|(n, f)| 3 * u16::from(*n) + u16::from(*f)).collect();
                double_rows_and_columns(level, &near, &far, &mut vec![0; width], &mut doubled);
                for (x, got) in doubled.iter().enumerate() {
                    let want = wanted(&sums, x, 4, [8, 7]);
                    assert_eq!(u16::from(*got), want, "{level} {width} {x}");
                }
            }
        }
    }

    #[test]
    fn one_column_is_repeated_and_none_is_none() {
        for level in Level::all() {
            let mut two = [0; 2];
            double_columns(level, &[9], &mut two);
            assert_eq!(two, [9, 9]);
            double_rows_and_columns(level, &[8], &[16], &mut [0], &mut two);
            assert_eq!(two, [10, 10]);
            double_columns(level, &[], &mut []);
            double_rows_and_columns(level, &[], &[], &mut [], &mut []);
        }
    }
}
