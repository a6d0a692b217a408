//! The transform in plain arithmetic: what the vector forms are tested against.

use super::constant::{
    C0_298631336, C0_390180644, C0_541196100, C0_765366865, C0_899976223, C1_175875602,
    C1_501321110, C1_847759065, C1_961570560, C2_053119869, C2_562915447, C3_072711026,
};
use super::{BLOCK, Divisors, FIRST, SECOND, in_zigzag};

pub(super) fn blocks(
    samples: &[u8],
    stride: usize,
    divisors: &Divisors,
    blocks: &mut [[i16; BLOCK]],
    used: &mut [u64],
) {
    for (number, (block, used)) in blocks.iter_mut().zip(used).enumerate() {
        let mut x = [[0_i32; 8]; 8];
        for (y, row) in x.iter_mut().enumerate() {
            let samples = &samples[y * stride + 8 * number..][..8];
            row.iter_mut().zip(samples).for_each(|(x, sample)| *x = i32::from(*sample) - 128);
            *row = eight::<FIRST>(*row);
        }
        let mut rows = [0; BLOCK];
        for column in 0..8 {
            let down = eight::<SECOND>(std::array::from_fn(|y| x[y][column]));
            for (y, value) in down.into_iter().enumerate() {
                rows[8 * y + column] = divided(value, divisors, y, column);
            }
        }
        *used = in_zigzag(&rows, block);
    }
}

/// One pass over eight numbers. The first leaves two bits more than it takes, the second takes them away.
fn eight<const SHIFT: i32>(x: [i32; 8]) -> [i32; 8] {
    let cut = |value: i32| (value + (1 << (SHIFT - 1))) >> SHIFT;
    let c = |constant: i16| i32::from(constant);
    let (sum, difference) = (|k: usize| x[k] + x[7 - k], |k: usize| x[k] - x[7 - k]);
    let (even0, even3) = (sum(0) + sum(3), sum(0) - sum(3));
    let (even1, even2) = (sum(1) + sum(2), sum(1) - sum(2));
    let ends = |value: i32| if SHIFT == FIRST { value << 2 } else { (value + 2) >> 2 };
    let turn = (even2 + even3) * c(C0_541196100);
    let (t7, t6, t5, t4) = (difference(0), difference(1), difference(2), difference(3));
    let (z1, z2, z3, z4) = (t4 + t7, t5 + t6, t4 + t6, t5 + t7);
    let z5 = (z3 + z4) * c(C1_175875602);
    let (z1, z2) = (-z1 * c(C0_899976223), -z2 * c(C2_562915447));
    let (z3, z4) = (z5 - z3 * c(C1_961570560), z5 - z4 * c(C0_390180644));
    [
        ends(even0 + even1),
        cut(t7 * c(C1_501321110) + z1 + z4),
        cut(turn + even3 * c(C0_765366865)),
        cut(t6 * c(C3_072711026) + z2 + z3),
        ends(even0 - even1),
        cut(t5 * c(C2_053119869) + z2 + z4),
        cut(turn - even2 * c(C1_847759065)),
        cut(t4 * c(C0_298631336) + z1 + z3),
    ]
}

/// Divides one number of the transform, rounding to nearest and halves away from zero.
fn divided(value: i32, divisors: &Divisors, row: usize, column: usize) -> i16 {
    let of = |table: &[[u16; 8]; 8]| u32::from(table[row][column]);
    let sum = value.unsigned_abs() + of(&divisors.half);
    let high = (sum * of(&divisors.reciprocal)) >> 16;
    let quotient = i16::try_from((high * of(&divisors.scale)) >> 16).unwrap_or(i16::MAX);
    if value < 0 { -quotient } else { quotient }
}
