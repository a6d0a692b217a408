//! Does work on a GPU with cubecl for `device.py`: asked on standard input, answered on standard output.
//!
//! It begins with the version of cubecl. The name of a row and its bytes, with a tab between them, make it
//! ready, and are answered with `ready`, or with nothing where cubecl has nothing for it; `work` does it and
//! is answered with the seconds it takes.

use std::error::Error;
use std::io::{BufRead, Write};
use std::time::Instant;

use cubecl::Device;
use cubecl::client::Client;
use cubecl::device::WgpuDeviceKind;
use cubecl::prelude::*;
use cubecl::server::Handle;

type Work = Box<dyn Fn() -> Result<(), Box<dyn Error>>>;

#[cube(launch)]
fn saxpy(x: &Tensor<f32>, y: &mut Tensor<f32>) {
    if ABSOLUTE_POS < y.shape(0) {
        y[ABSOLUTE_POS] = 2.5 * x[ABSOLUTE_POS] + y[ABSOLUTE_POS];
    }
}

#[cube(launch)]
fn increment(words: &mut Tensor<u32>) {
    if ABSOLUTE_POS < words.shape(0) {
        words[ABSOLUTE_POS] += 1;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let software = std::env::var("BYTELENS_DEVICE").map_or(true, |name| name.contains("llvmpipe"));
    let kind = if software { WgpuDeviceKind::Cpu } else { WgpuDeviceKind::DefaultDevice };
    let client = Device::vulkan(kind)?.client();
    let mut out = std::io::stdout().lock();
    writeln!(out, "cubecl 0.11")?;
    let mut ready: Option<Work> = None;
    for line in std::io::stdin().lock().lines() {
        let answer = match (line?.split_once('\t'), &ready) {
            (Some((row, bytes)), _) => {
                ready = work(&client, row, bytes.parse()?)?;
                ready.as_ref().map_or("", |_| "ready").to_owned()
            }
            (None, Some(work)) => {
                let start = Instant::now();
                work()?;
                start.elapsed().as_secs_f64().to_string()
            }
            (None, None) => return Err("no row was asked for".into()),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

fn work(client: &Client, row: &str, bytes: usize) -> Result<Option<Work>, Box<dyn Error>> {
    let client = client.clone();
    Ok(Some(if row.starts_with("round trip") {
        let source = vec![7_u8; bytes];
        let run = move || {
            let back = client.read_one(client.create_from_slice(&source))?;
            if back.len() == source.len() { Ok(()) } else { Err("bytes are missing".into()) }
        };
        if let Err(problem) = run() {
            let _: Box<dyn Error> = problem;
            // More than the device binds at once it does not take.
            return Ok(None);
        }
        Box::new(run)
    } else if row == "upload of a crop" {
        let source = vec![7_u8; 4000 * 6000 * 3];
        Box::new(move || {
            let rows = source.chunks(6000 * 3).skip(500).take(3000);
            let crop: Vec<u8> = rows.flat_map(|row| &row[700 * 3..5300 * 3]).copied().collect();
            let handle = client.create_from_slice(&crop);
            wait(&client);
            drop(handle);
            Ok(())
        })
    } else if row.starts_with("saxpy") {
        let count = bytes / 4;
        let floats =
            |step: usize| (0..count).map(|at| (at * step % 1000) as f32).collect::<Vec<_>>();
        let (x, y) = (floats(1), floats(3));
        let run = move || {
            let up = [&x, &y].map(|floats| client.create_from_slice(f32::as_bytes(floats)));
            let groups = u32::try_from(count.div_ceil(256)).expect("few");
            let folded = CubeCount::Static(groups.min(32_768), groups.div_ceil(32_768), 1);
            saxpy::launch(
                &client,
                folded,
                CubeDim::new_1d(256),
                array(&up[0], count),
                array(&up[1], count),
            );
            let back = client.read_one(up[1].clone())?;
            Ok::<_, Box<dyn Error>>((back, x[count - 1], y[count - 1]))
        };
        let (back, x, y) = run()?;
        let last = f32::from_bytes(&back)[count - 1];
        if last != 2.5 * x + y {
            return Err(format!("saxpy gave {last}").into());
        }
        Box::new(move || run().map(|_| ()))
    } else if row == "1000 dispatches" {
        let count = bytes / 4;
        let words = client.create_from_slice(u32::as_bytes(&vec![0; count]));
        Box::new(move || {
            for _ in 0..1000 {
                let groups = CubeCount::Static(1, 1, 1);
                increment::launch(&client, groups, CubeDim::new_1d(256), array(&words, count));
            }
            wait(&client);
            Ok(())
        })
    } else {
        return Ok(None);
    }))
}

/// An array of one axis.
fn array(handle: &Handle, count: usize) -> TensorArg {
    // SAFETY: the handle is of `count` elements of 4 bytes that lie together.
    unsafe { TensorArg::from_raw_parts(handle.clone(), [1].into(), [count].into()) }
}

fn wait(client: &Client) {
    pollster::block_on(client.sync()).expect("it ends");
}
