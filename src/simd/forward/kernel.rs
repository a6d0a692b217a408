//! The transform in vectors of 16 bits: written once, for registers of one block and of two side by side.

/// Defines `quantised` over names that the module around it has given to the instructions of its set.
///
/// Where a register holds two blocks, each half of it holds one, and nothing crosses between the halves.
macro_rules! kernel {
    ($features:literal, $register:ty) => {
        /// A register of pairs of 16-bit constants, which products of pairs are summed with.
        #[target_feature(enable = $features)]
        #[inline]
        fn pair(a: i16, b: i16) -> $register {
            set32(i32::from(a) & 0xffff | i32::from(b) << 16)
        }

        /// Turns columns to rows, in each block.
        #[target_feature(enable = $features)]
        #[inline]
        fn transposed(x: [$register; 8]) -> [$register; 8] {
            // Pairs of rows four apart are interleaved, three times.
            let mut x = x;
            for _ in 0..3 {
                x = [
                    low16(x[0], x[4]),
                    high16(x[0], x[4]),
                    low16(x[1], x[5]),
                    high16(x[1], x[5]),
                    low16(x[2], x[6]),
                    high16(x[2], x[6]),
                    low16(x[3], x[7]),
                    high16(x[3], x[7]),
                ];
            }
            x
        }

        /// Sums `a * c + b * d` over two vectors, and cuts off `SHIFT` bits of it and of what comes with it.
        #[target_feature(enable = $features)]
        #[inline]
        fn cut<const SHIFT: i32>(sums: ($register, $register)) -> $register {
            let half = set32(1 << (SHIFT - 1));
            let cut = |sum| right32::<SHIFT>(add32(sum, half));
            narrow(cut(sums.0), cut(sums.1))
        }

        /// One pass over the numbers that the eight vectors have in each lane.
        #[target_feature(enable = $features)]
        #[inline]
        fn eight<const SHIFT: i32>(x: [$register; 8]) -> [$register; 8] {
            let [x0, x1, x2, x3, x4, x5, x6, x7] = x;
            let (s0, s1, s2, s3) = (add16(x0, x7), add16(x1, x6), add16(x2, x5), add16(x3, x4));
            let (t7, t6, t5, t4) = (sub16(x0, x7), sub16(x1, x6), sub16(x2, x5), sub16(x3, x4));
            let (even0, even3) = (add16(s0, s3), sub16(s0, s3));
            let (even1, even2) = (add16(s1, s2), sub16(s1, s2));
            let ends = |value| match SHIFT {
                FIRST => left16::<2>(value),
                _ => right16::<2>(add16(value, set16(2))),
            };
            let of =
                |a, b, factors| (products(low16(a, b), factors), products(high16(a, b), factors));
            let plus = |a: ($register, $register), b: ($register, $register)| {
                (add32(a.0, b.0), add32(a.1, b.1))
            };
            let (z3, z4) = (add16(t4, t6), add16(t5, t7));
            let turn3 = of(z3, z4, pair(C1_175875602 - C1_961570560, C1_175875602));
            let turn4 = of(z3, z4, pair(C1_175875602, C1_175875602 - C0_390180644));
            let odd1 = pair(-C0_899976223, C1_501321110 - C0_899976223);
            let odd7 = pair(C0_298631336 - C0_899976223, -C0_899976223);
            let odd3 = pair(-C2_562915447, C3_072711026 - C2_562915447);
            let odd5 = pair(C2_053119869 - C2_562915447, -C2_562915447);
            let half = pair(C0_541196100, C0_541196100 + C0_765366865);
            let other = pair(C0_541196100 - C1_847759065, C0_541196100);
            [
                ends(add16(even0, even1)),
                cut::<SHIFT>(plus(of(t4, t7, odd1), turn4)),
                cut::<SHIFT>(of(even2, even3, half)),
                cut::<SHIFT>(plus(of(t5, t6, odd3), turn3)),
                ends(sub16(even0, even1)),
                cut::<SHIFT>(plus(of(t5, t6, odd5), turn4)),
                cut::<SHIFT>(of(even2, even3, other)),
                cut::<SHIFT>(plus(of(t4, t7, odd7), turn3)),
            ]
        }

        /// Transforms and divides the rows of a block, or of two.
        #[target_feature(enable = $features)]
        #[inline]
        fn quantised(rows: [$register; 8], divisors: &Divisors) -> [$register; 8] {
            let mut x = eight::<SECOND>(transposed(eight::<FIRST>(transposed(rows))));
            for (row, x) in x.iter_mut().enumerate() {
                let sign = right16::<15>(*x);
                let magnitude = sub16(xor(*x, sign), sign);
                let sum = add16(magnitude, table(&divisors.half[row]));
                let high = high_product(sum, table(&divisors.reciprocal[row]));
                let quotient = high_product(high, table(&divisors.scale[row]));
                *x = sub16(xor(quotient, sign), sign);
            }
            x
        }
    };
}
pub(super) use kernel;
