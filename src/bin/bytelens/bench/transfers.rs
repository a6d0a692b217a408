//! Transfers, copies and latencies of a GPU.

use std::hint::black_box;

use bytelens::device::gpu::GpuDevice;
use bytelens::{Buffer, DType, Error};

use super::report::Row;
use super::timing::{Work, in_turns};

const SIZES_MIB: [usize; 3] = [1, 64, 256];

/// Measures uploads and downloads beside `memcpy`, then copies on the device, then the least that
/// anything takes.
///
/// # Errors
/// The first that the device gives, but for a size that it has no room for: that has no row.
pub(super) fn measure(
    gpu: &GpuDevice,
    rounds: usize,
    found: &mut dyn FnMut(Row),
) -> Result<(), Error> {
    for mib in SIZES_MIB {
        match transfer(gpu, mib << 20, rounds, found) {
            Err(Error::Limit { .. }) => {}
            outcome => outcome?,
        }
    }
    latencies(gpu, rounds, found)
}

fn transfer(
    gpu: &GpuDevice,
    bytes: usize,
    rounds: usize,
    found: &mut dyn FnMut(Row),
) -> Result<(), Error> {
    let mut source = Buffer::zeroed(DType::U8, &[bytes])?;
    // Pages that were never written are all one page.
    source.view_mut()?.fill(7u8)?;
    let (mut copied, mut returned) =
        (source.view().to_contiguous()?, source.view().to_contiguous()?);
    let view = source.view();
    let up = gpu.upload(&view)?;
    // A word less, so that what is asked for is not there already.
    let part = up.slice(0, 4..)?;
    let mut works: [Work<'_>; 4] = [
        Box::new(|| view.copy_to(&mut copied.view_mut()?)),
        Box::new(|| {
            black_box(gpu.upload(&view)?);
            gpu.wait_idle()
        }),
        Box::new(|| up.download_into(&mut returned.view_mut()?)),
        Box::new(|| {
            black_box(part.to_contiguous()?);
            gpu.wait_idle()
        }),
    ];
    let times = in_turns(&mut works, rounds)?;
    let copy = times[0].median();
    let names = ["memcpy", "upload", "download", "device copy"];
    for (name, times) in names.iter().zip(times) {
        let share = copy / times.median();
        let name = format!("{name} {} MiB", bytes >> 20);
        found(Row::new("transfer", name, times).moving(2 * bytes).share(share));
    }
    Ok(())
}

fn latencies(gpu: &GpuDevice, rounds: usize, found: &mut dyn FnMut(Row)) -> Result<(), Error> {
    let page = Buffer::zeroed(DType::U8, &[4096])?;
    let mut back = Buffer::zeroed(DType::U8, &[4096])?;
    let view = page.view();
    let up = gpu.upload(&view)?;
    let turned = up.flip(0)?;
    let mut works: [Work<'_>; 2] = [
        Box::new(|| {
            black_box(turned.to_contiguous()?);
            gpu.wait_idle()
        }),
        Box::new(|| gpu.upload(&view)?.download_into(&mut back.view_mut()?)),
    ];
    let names = ["dispatch and wait", "round trip 4 KiB"];
    for (name, times) in names.iter().zip(in_turns(&mut works, rounds)?) {
        found(Row::new("latency", (*name).to_owned(), times));
    }
    Ok(())
}
