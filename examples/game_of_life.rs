//! A kernel of one's own: Conway's game of life, sixteen rounds in one submission.
//!
//! The board is a view. It goes up, the kernel reads it by its variable's name and writes the next one,
//! `swap` makes what was written what is read, and the last board comes back as a view. After four
//! rounds a glider has moved one cell down and one to the right.
//!
//! ```text
//! $ cargo run --example game_of_life
//! . # . . . . . .    . . . . . . . .
//! . . # . . . . .    . . . . . . . .
//! # # # . . . . .    . . . . . . . .
//! . . . . . . . .    . . . . . . . .
//! . . . . . . . .    . . . . . # . .
//! . . . . . . . .    . . . . . . # .
//! . . . . . . . .    . . . . # # # .
//! . . . . . . . .    . . . . . . . .
//! ```

use bytelens::device::gpu::{GpuChoice, GpuDevice};
use bytelens::kernel::Kernel;
use bytelens::{Buffer, Result, View};

const LIFE: &str = "
@group(0) @binding(0) var<storage, read> cells: array<u32>;
@group(0) @binding(1) var<storage, read_write> next: array<u32>;
@group(0) @binding(2) var<uniform> size: vec2u;

fn cell(at: vec2u) -> u32 {
    let wrapped = at % size;
    return cells[wrapped.y * size.x + wrapped.x];
}

@compute @workgroup_size(8, 8)
fn life(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= size) { return; }
    var neighbours = 0u;
    for (var y = 0u; y < 3u; y++) {
        for (var x = 0u; x < 3u; x++) {
            // One less than `id`, and never below zero.
            neighbours += cell(id.xy + size + vec2u(x, y) - 1u);
        }
    }
    let alive = cell(id.xy);
    neighbours -= alive;
    next[id.y * size.x + id.x] = u32(neighbours == 3u || (alive == 1u && neighbours == 2u));
}";

/// Plays `rounds` rounds of a board on a device.
fn play(device: &GpuDevice, board: &View<'_>, rounds: u32) -> Result<Buffer> {
    let kernel = Kernel::from_wgsl(LIFE)?;
    let cells = device.upload(board)?;
    let call = kernel.call().bind("cells", &cells).output("next", "cells");
    let call = call.set("size", [board.shape()[1] as u64, board.shape()[0] as u64]);
    // No loop here is long: even a driver that ends long loops is good enough.
    let outputs = call.repeat(rounds).swap("cells", "next").force().run(device)?;
    outputs.get("next")?.download()
}

/// Plays and returns both boards side by side, a line for each row.
fn story() -> Result<Vec<String>> {
    // A real GPU, or software Vulkan where there is none.
    let device =
        GpuDevice::open(&GpuChoice::Best).or_else(|_| GpuDevice::open(&GpuChoice::Software))?;
    let mut cells = vec![0_u32; 64];
    for cell in [1, 10, 16, 17, 18] {
        cells[cell] = 1;
    }
    let board = Buffer::from_vec(cells, &[8, 8])?;
    let after = play(&device, &board.view(), 16)?;
    let row = |board: &Buffer, y: isize| -> Result<String> {
        let cells = board.view().index(0, y)?.to_vec::<u32>()?;
        let shown: Vec<_> = cells.iter().map(|cell| if *cell == 1 { "#" } else { "." }).collect();
        Ok(shown.join(" "))
    };
    (0..8).map(|y| Ok(format!("{}    {}", row(&board, y)?, row(&after, y)?))).collect()
}

#[allow(clippy::print_stdout, reason = "an example shows what it does")]
fn main() -> Result<()> {
    for line in story()? {
        println!("{line}");
    }
    Ok(())
}

#[test]
fn the_output_is_what_the_comment_shows() {
    let text = include_str!("game_of_life.rs");
    let shown = text.lines().skip_while(|line| !line.contains("$ cargo run")).skip(1);
    let shown: Vec<&str> =
        shown.take_while(|line| !line.contains("```")).map(|line| &line[4..]).collect();
    assert_eq!(story().expect("the example runs"), shown);
}
