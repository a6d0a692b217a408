//! The transform in plain arithmetic: what the vector forms are tested against.

use super::constant::{
    C0_298631336, C0_390180644, C0_541196100, C0_765366865, C0_899976223, C1, C1_175875602,
    C1_501321110, C1_847759065, C1_961570560, C2_053119869, C2_562915447, C3_072711026,
};
use super::{BLOCK, FIRST, SECOND, sample};

/// Eight or four lanes: one number of as many columns.
type Lanes<const N: usize> = [i16; N];

pub(super) fn blocks_8x8(coefficients: &[i16], rows: &[u8], out: &mut [u8], stride: usize) {
    let (blocks, _) = coefficients.as_chunks::<BLOCK>();
    for (number, (block, rows)) in blocks.iter().zip(rows).enumerate() {
        let out = &mut out[8 * number..];
        if *rows == 0 {
            for y in 0..8 {
                out[y * stride..y * stride + 8].fill(sample(i32::from(block[0])));
            }
            continue;
        }
        let (lines, _) = block.as_chunks::<8>();
        let columns = eight::<FIRST>(std::array::from_fn(|row| lines[row]));
        let samples = transposed(eight::<SECOND>(transposed(columns)));
        for (y, line) in samples.iter().enumerate() {
            store(line, &mut out[y * stride..]);
        }
    }
}

pub(super) fn blocks_4x4(coefficients: &[i16], out: &mut [u8], stride: usize) {
    let (blocks, _) = coefficients.as_chunks::<16>();
    for (number, block) in blocks.iter().enumerate() {
        let (lines, _) = block.as_chunks::<4>();
        let columns = four::<FIRST>(std::array::from_fn(|row| lines[row]));
        let samples = transposed(four::<SECOND>(transposed(columns)));
        for (y, line) in samples.iter().enumerate() {
            store(line, &mut out[4 * number + y * stride..]);
        }
    }
}

fn store<const N: usize>(line: &Lanes<N>, out: &mut [u8]) {
    for (out, value) in out.iter_mut().zip(line) {
        *out = u8::try_from((i32::from(*value) + 128).clamp(0, 255)).unwrap_or(0);
    }
}

fn transposed<const N: usize>(lines: [Lanes<N>; N]) -> [Lanes<N>; N] {
    std::array::from_fn(|y| std::array::from_fn(|x| lines[x][y]))
}

/// Cuts off `SHIFT` bits, rounding, and saturates to 16 bits.
fn cut<const SHIFT: i32>(value: i32) -> i16 {
    let value = value.wrapping_add(1 << (SHIFT - 1)) >> SHIFT;
    i16::try_from(value.clamp(-0x8000, 0x7fff)).unwrap_or(0)
}

/// One pass over eight columns at once.
fn eight<const SHIFT: i32>(x: [Lanes<8>; 8]) -> [Lanes<8>; 8] {
    let mut y = [[0; 8]; 8];
    for lane in 0..8 {
        let [x0, x1, x2, x3, x4, x5, x6, x7] = std::array::from_fn(|row| i32::from(x[row][lane]));
        let even2 = x2 * C0_541196100 + x6 * (C0_541196100 - C1_847759065);
        let even3 = x2 * (C0_541196100 + C0_765366865) + x6 * C0_541196100;
        let (even0, even1) = ((x0 + x4) * C1, (x0 - x4) * C1);
        let even = [even0 + even3, even1 + even2, even1 - even2, even0 - even3];
        let wrapped = |a: i32, b: usize| i32::from(x[b][lane].wrapping_add(narrow(a)));
        let (sum73, sum51) = (wrapped(x7, 3), wrapped(x5, 1));
        let turn3 = sum73 * (C1_175875602 - C1_961570560) + sum51 * C1_175875602;
        let turn4 = sum73 * C1_175875602 + sum51 * (C1_175875602 - C0_390180644);
        let odd = [
            (x7 * -C0_899976223 + x1 * (C1_501321110 - C0_899976223)).wrapping_add(turn4),
            (x5 * -C2_562915447 + x3 * (C3_072711026 - C2_562915447)).wrapping_add(turn3),
            (x5 * (C2_053119869 - C2_562915447) + x3 * -C2_562915447).wrapping_add(turn4),
            (x7 * (C0_298631336 - C0_899976223) + x1 * -C0_899976223).wrapping_add(turn3),
        ];
        for k in 0..4 {
            y[k][lane] = cut::<SHIFT>(even[k].wrapping_add(odd[k]));
            y[7 - k][lane] = cut::<SHIFT>(even[k].wrapping_sub(odd[k]));
        }
    }
    y
}

/// A number that came from 16 bits, back in them.
fn narrow(value: i32) -> i16 {
    i16::try_from(value).unwrap_or(0)
}

/// One pass over four columns at once: the even half of the pass over eight, of half the frequencies.
fn four<const SHIFT: i32>(x: [Lanes<4>; 4]) -> [Lanes<4>; 4] {
    let mut y = [[0; 4]; 4];
    for lane in 0..4 {
        let [x0, x1, x2, x3] = std::array::from_fn(|row| i32::from(x[row][lane]));
        let odd0 = x1 * (C0_541196100 + C0_765366865) + x3 * C0_541196100;
        let odd1 = x1 * C0_541196100 + x3 * (C0_541196100 - C1_847759065);
        let (even0, even1) = ((x0 + x2) * C1, (x0 - x2) * C1);
        y[0][lane] = cut::<SHIFT>(even0 + odd0);
        y[1][lane] = cut::<SHIFT>(even1 + odd1);
        y[2][lane] = cut::<SHIFT>(even1 - odd1);
        y[3][lane] = cut::<SHIFT>(even0 - odd0);
    }
    y
}
