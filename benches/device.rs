//! Times transfers and small work on a GPU, beside the same written by hand with wgpu.
//!
//! `BYTELENS_DEVICE` names the adapter, software Vulkan unless set. Arguments pick rows by name:
//! `cargo bench --bench device -- 'round trip'`. Other tools do the same in `peers/device.py`.

#[path = "peers/hand.rs"]
mod hand;
#[path = "peers/transfers.rs"]
mod transfers;

use criterion::{Criterion, Throughput};
use transfers::{Bench, ROWS};

fn main() -> Result<(), bytelens::Error> {
    let bench = Bench::open()?;
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    for row in ROWS {
        let mut group = criterion.benchmark_group(row.name);
        group.throughput(Throughput::Bytes(row.bytes as u64));
        for (name, mut work) in row.works(&bench)? {
            group.bench_function(name, |b| b.iter(|| work().expect("it ran before")));
        }
        group.finish();
    }
    Ok(())
}
