//! Times views: copies of strided layouts beside `memcpy`, conversions, and the algebra of views.
//!
//! `cargo bench --bench view` prints the time of each; the table at the end gives each copy as a
//! multiple of a `memcpy` of as many bytes in the same run. The rows are those of
//! `peers/layouts.txt`, which `peers/view.py` runs beside other tools. Arguments pick rows by name:
//! `cargo bench --bench view -- algebra`.

#[path = "peers/layouts.rs"]
mod layouts;

use std::cell::Cell;
use std::hint::black_box;
use std::num::NonZeroUsize;

use bytelens::{ByteOrder, DType, Layout, View, index};
use criterion::{BenchmarkId, Criterion, Throughput};
use layouts::{Row, Work};

#[expect(clippy::print_stdout, reason = "the table is what the bench is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    algebra(&mut criterion)?;
    let table = copies(&mut criterion)?;
    criterion.final_summary();
    println!("{:26} threads        ms  x memcpy", "layout");
    for (name, threads, copy, memcpy) in table {
        println!("{name:26} {threads:7}  {:8.3}  {:8.2}", copy * 1e3, copy / memcpy);
    }
    Ok(())
}

/// Times the operations that change a layout and move no byte.
fn algebra(criterion: &mut Criterion) -> Result<(), bytelens::Error> {
    let bytes = vec![0_u8; 480 * 640 * 4];
    let view = View::from_slice(&bytes, &[480, 640, 4])?;
    let eight = Layout::contiguous(DType::F32, &[2; 8])?;
    let mut group = criterion.benchmark_group("algebra");
    macro_rules! rows {
        ($($name:literal: $call:expr;)*) => {
            $(group.bench_function($name, |b| b.iter(|| { black_box(&$call); }));)*
        };
    }
    rows! {
        "slice": black_box(&view).slice(black_box(0), 10..20);
        "slice by a step": black_box(&view).slice(1, bytelens::Slice::from(..).by(black_box(-2)));
        "index": black_box(&view).index(black_box(0), 7);
        "select 3 parts": black_box(&view).select(&index![10..20, .., 0]);
        "permute": black_box(&view).permute(black_box(&[2, 0, 1]));
        "transpose": black_box(&view).transpose();
        "reshape": black_box(&view).reshape(black_box(&[-1, 4]));
        "cast": black_box(&view).cast(black_box(DType::U32));
        "get an element": black_box(&view).get::<u8>(black_box(&[3, 5, 1]));
        "permute 8 axes": black_box(&eight).permute(black_box(&[7, 6, 5, 4, 3, 2, 1, 0]));
        "slice one of 8 axes": black_box(&eight).slice(black_box(3), 1..);
        "reshape 8 axes": black_box(&eight).reshape(black_box(&[16, 16]));
        "cast 8 axes": black_box(&eight).cast(black_box(DType::U32.with_order(ByteOrder::Big)));
    }
    group.finish();
    Ok(())
}

/// Name, threads, seconds of the copy and of a `memcpy`.
type Copied = (&'static str, usize, f64, f64);

/// Times the copies of `layouts.txt`, the first ones on two threads as well.
fn copies(criterion: &mut Criterion) -> Result<Vec<Copied>, Box<dyn std::error::Error>> {
    let mut table = Vec::new();
    for row in include_str!("peers/layouts.txt").lines().filter_map(Row::parse) {
        let mut group = criterion.benchmark_group(row.name);
        // Made when it is first asked for: a row that nobody picks takes no memory.
        let mut work = None;
        for threads in [1, 2].map(|n| NonZeroUsize::new(n).expect("not 0")) {
            let ran = Cell::new(false);
            group.sample_size(10);
            group.bench_function(BenchmarkId::from_parameter(threads), |b| {
                ran.set(true);
                let work = work.get_or_insert_with(|| Work::new(row).expect("a row of the file"));
                b.iter_custom(|calls| {
                    let seconds = (0..calls).map(|_| work.bytelens(threads).expect("a copy"));
                    std::time::Duration::from_secs_f64(seconds.sum())
                });
            });
            if let Some(work) = work.as_mut().filter(|_| ran.get()) {
                group.throughput(Throughput::Bytes(work.nbytes() as u64));
                let (mut copy, mut memcpy) = (f64::INFINITY, f64::INFINITY);
                for _ in 0..7 {
                    copy = copy.min(work.bytelens(threads)?);
                    memcpy = memcpy.min(work.memcpy()?);
                }
                table.push((row.name, threads.get(), copy, memcpy));
            }
        }
        group.finish();
    }
    Ok(table)
}
