//! Networks: a few numbers sorted and merged without a branch, one exchange after the other.
//!
//! Bodies that go along rows with them become whole registers of least and greatest numbers. What a
//! caller does not look at costs nothing: the compiler leaves it out.

/// What can be put in order. Where numbers that are none are among them, the order is of no meaning.
pub(crate) trait Number: Copy + PartialOrd + Default {}

impl Number for u8 {}
impl Number for f32 {}

/// Returns the smaller of two numbers, as one instruction.
#[inline(always)]
fn less<T: Number>(a: T, b: T) -> T {
    if a < b { a } else { b }
}

/// Returns the larger of two numbers, as one instruction.
#[inline(always)]
fn more<T: Number>(a: T, b: T) -> T {
    if a < b { b } else { a }
}

/// Exchanges pairs of numbers that are out of order.
macro_rules! exchange {
    ($of:ident: $($low:literal $high:literal),*) => {{
        $(
            let (a, b) = ($of[$low], $of[$high]);
            $of[$low] = less(a, b);
            $of[$high] = more(a, b);
        )*
    }};
}

/// Sorts 2 to 5 or 7 numbers by the shortest networks (Knuth, "The Art of Computer Programming", volume
/// 3, 5.3.4).
#[inline(always)]
pub(super) fn sorted<T: Number, const N: usize>(mut of: [T; N]) -> [T; N] {
    match N {
        2 => exchange!(of: 0 1),
        3 => exchange!(of: 0 2, 0 1, 1 2),
        4 => exchange!(of: 0 2, 1 3, 0 1, 2 3, 1 2),
        5 => exchange!(of: 0 3, 1 4, 0 2, 1 3, 0 1, 2 4, 1 2, 3 4, 2 3),
        _ => exchange!(
            of: 0 6, 2 3, 4 5, 0 2, 1 4, 3 6, 0 1, 2 5, 3 4, 1 2, 4 6, 2 3, 4 5, 1 2, 3 4, 5 6
        ),
    }
    of
}

/// Defines the merging of two sorted runs of as many numbers (Batcher, "Sorting Networks and their
/// Applications", 1968): every other number is merged by itself, and neighbours are exchanged.
macro_rules! merge {
    ($($name:ident: two of $n:literal are $all:literal, by $even:ident and $odd:ident;)*) => {$(
        #[inline(always)]
        pub(super) fn $name<T: Number>(a: [T; $n], b: [T; $n]) -> [T; $all] {
            let even = $even(every_other(a, 0), every_other(b, 0));
            let odd = $odd(every_other(a, 1), every_other(b, 1));
            // The least and the greatest are in their places.
            let mut all = [even[0]; $all];
            all[$all - 1] = if $n % 2 == 0 { odd[odd.len() - 1] } else { even[even.len() - 1] };
            for k in 1..$n {
                all[2 * k - 1] = less(odd[k - 1], even[k]);
                all[2 * k] = more(odd[k - 1], even[k]);
            }
            all
        }
    )*};
}

merge! {
    merge_2: two of 2 are 4, by merge_1 and merge_1;
    merge_3: two of 3 are 6, by merge_2 and merge_1;
    merge_4: two of 4 are 8, by merge_2 and merge_2;
    merge_5: two of 5 are 10, by merge_3 and merge_2;
    merge_7: two of 7 are 14, by merge_4 and merge_3;
    merge_14: two of 14 are 28, by merge_7 and merge_7;
}

#[inline(always)]
fn merge_1<T: Number>([a]: [T; 1], [b]: [T; 1]) -> [T; 2] {
    [less(a, b), more(a, b)]
}

#[inline(always)]
fn every_other<T: Number, const N: usize, const M: usize>(of: [T; N], first: usize) -> [T; M] {
    let mut some = [of[0]; M];
    for k in 0..M {
        some[k] = of[first + 2 * k];
    }
    some
}

/// Returns the middle `2 * HALF` numbers of two sorted runs of `A` and `B` numbers, sorted too; `A` is
/// `B` or an even number more, and `HALF` at most `B`.
///
/// The lower half of all numbers rises and falls: its greatest stand side by side, so that they are the
/// greatest of every `HALF`-th. So it is with the least of the upper half.
#[inline(always)]
#[allow(clippy::manual_memcpy, reason = "copies of slices are calls")]
pub(super) fn middle<
    T: Number,
    const A: usize,
    const B: usize,
    const HALF: usize,
    const ALL: usize,
>(
    a: [T; A],
    b: [T; B],
) -> [T; ALL] {
    let beyond = (A - B) / 2;
    let (mut low, mut high) = (a, a);
    for k in 0..B {
        let (a, b) = (a[beyond + k], b[B - 1 - k]);
        low[beyond + k] = less(a, b);
        high[beyond + k] = more(a, b);
    }
    let mut lower = [low[0]; HALF];
    let mut upper = [high[A - 1]; HALF];
    for k in 0..HALF {
        lower[k] = low[k];
        upper[k] = high[A - 1 - k];
    }
    for k in HALF..beyond + B {
        lower[k % HALF] = more(lower[k % HALF], low[k]);
        upper[k % HALF] = less(upper[k % HALF], high[A - 1 - k]);
    }
    let (lower, upper) = (sorted(lower), sorted(upper));
    let mut all = [lower[0]; ALL];
    for k in 0..HALF {
        all[k] = lower[k];
        all[HALF + k] = upper[k];
    }
    all
}

/// Returns the median of two sorted runs, the first one number longer.
#[inline(always)]
pub(super) fn median<T: Number, const A: usize, const B: usize>(a: [T; A], b: [T; B]) -> T {
    // What is left below the middle is the lower half of both, and the median is its greatest.
    let mut median = a[0];
    for k in 0..B {
        median = more(median, less(a[k + 1], b[B - 1 - k]));
    }
    median
}

#[cfg(test)]
mod tests {
    use super::{median, merge_3, merge_4, merge_5, merge_7, merge_14, middle, sorted};

    /// All numbers of `N` bits, as bits. A network that sorts these sorts everything (Knuth, 5.3.4).
    fn bits<const N: usize>() -> impl Iterator<Item = [u8; N]> {
        (0..1_u32 << N).map(|bits| std::array::from_fn(|k| u8::from(bits >> k & 1 == 1)))
    }

    /// All sorted runs of bits.
    fn runs<const N: usize>() -> impl Iterator<Item = [u8; N]> {
        (0..=N).map(|zeros| std::array::from_fn(|k| u8::from(k >= zeros)))
    }

    fn by_sorting(parts: &[&[u8]]) -> Vec<u8> {
        let mut all = parts.concat();
        all.sort_unstable();
        all
    }

    #[test]
    fn a_few_numbers_are_sorted() {
        fn check<const N: usize>() {
            bits::<N>().for_each(|of| assert_eq!(sorted(of)[..], by_sorting(&[&of])));
        }
        check::<2>();
        check::<3>();
        check::<4>();
        check::<5>();
        check::<7>();
    }

    #[test]
    fn runs_are_merged() {
        fn check<const N: usize, const M: usize>(merge: impl Fn([u8; N], [u8; N]) -> [u8; M]) {
            for a in runs() {
                runs().for_each(|b| assert_eq!(merge(a, b)[..], by_sorting(&[&a, &b])));
            }
        }
        check(merge_3);
        check(merge_4);
        check(merge_5);
        check(merge_7);
        check(merge_14);
    }

    #[test]
    fn the_middle_of_two_runs_is_that_of_sorting() {
        fn check<const A: usize, const B: usize, const HALF: usize, const ALL: usize>() {
            for a in runs::<A>() {
                for b in runs::<B>() {
                    let all = by_sorting(&[&a, &b]);
                    let first = (A + B) / 2 - HALF;
                    let got = middle::<u8, A, B, HALF, ALL>(a, b);
                    assert_eq!(got[..], all[first..first + ALL], "{a:?} {b:?}");
                }
            }
        }
        check::<3, 3, 2, 4>();
        check::<10, 10, 3, 6>();
        check::<22, 14, 4, 8>();
        for a in runs::<6>() {
            for b in runs::<5>() {
                assert_eq!(median(a, b), by_sorting(&[&a, &b])[5], "{a:?} {b:?}");
            }
        }
    }
}
