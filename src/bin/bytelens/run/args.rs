//! The arguments of `bytelens run`.

use std::path::PathBuf;

use super::rate::{Frames, Rate};

/// Runs a compute kernel of your own (WGSL) on files, and writes what it computes to files
///
/// Inputs and outputs go by the names of the kernel's variables. Files are `.npy`, members of `.npz` and
/// `.safetensors`, PNG, JPEG and OpenEXR pictures, or raw bytes whose type and shape are said behind a colon.
/// `#import "common.wgsl"` in a kernel takes in a file beside it. Nothing is written unless all was
/// computed, and a kernel that does not end is stopped.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// The kernel: a WGSL file
    #[arg(value_name = "KERNEL", required_unless_present = "plan", conflicts_with = "plan")]
    pub(super) kernel: Option<PathBuf>,

    /// Bind a file to a variable: x=x.npy, x=data.npz#x, x=data.bin:f32[1000,3], img=photo.png:rgba:f32
    ///
    /// Behind a colon stand an element type (as NumPy or bytelens names it), a shape of which one number
    /// may be -1, or for pictures gray, rgb or rgba. Raw bytes are taken to be of that type; the
    /// elements of all other files are converted to it, those of pictures to 0…1 where it is a float.
    /// OpenEXR holds floats, which stay what they are: R G B A first, then other channels by name.
    /// `-` is standard input.
    #[arg(long = "in", value_name = "NAME=FILE")]
    pub(super) inputs: Vec<String>,

    /// Write a variable to a file: y=out.npy, y=out.npy:like=x, y=out.bin:f32[480,640], img=out.png
    ///
    /// The file's extension says its format: npy, npz, safetensors, png, jpg, exr, y4m, or bin and raw for
    /// bare bytes. A variable that has no input needs a shape: that of another one (like=x), or one with its
    /// element type. `-` is standard output (y=-:raw); without a file (y:like=x) it is only compared.
    #[arg(long = "out", value_name = "NAME=FILE")]
    pub(super) outputs: Vec<String>,

    /// Set an override, a uniform, or a member of one: a=2.5, params.size=640,480
    ///
    /// With a plan it is set in every pass that has it, whatever the plan says there.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(super) sets: Vec<String>,

    /// The entry point, where the kernel has several
    #[arg(long, value_name = "NAME", conflicts_with = "plan")]
    pub(super) entry: Option<String>,

    /// Workgroups along x, y and z; auto is one invocation for each element of the output
    #[arg(long, value_name = "auto|X,Y,Z", default_value = "auto", conflicts_with = "plan")]
    pub(super) dispatch: String,

    /// Run the kernel so many times, one after the other
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "plan",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) repeat: u32,

    /// Let the next round read as A what the last one wrote as B
    #[arg(long = "swap", value_name = "A=B", conflicts_with = "plan")]
    pub(super) swaps: Vec<String>,

    /// Go through these arrays some rows at a time, for more than the device holds: x,y
    ///
    /// A row is an index of the first axis. It is for kernels that compute each row by itself; those that
    /// are not named are there whole. A uniform called `first_row` is told how many rows went before; so is an
    /// override, for which the kernel is compiled anew each time.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',',
          conflicts_with_all = ["plan", "swaps", "repeat", "frames", "runs", "expect_identical"])]
    pub(super) rows: Vec<String>,

    /// Several passes, from a file: see the example below
    #[arg(long, value_name = "FILE")]
    pub(super) plan: Option<PathBuf>,

    /// Compute a sequence: the frames 0..600, into img=frames/%04d.png or img=film.y4m
    ///
    /// Variables called `time` (in seconds) and `frame`, or members of uniforms that are called so, are
    /// set for every frame. What was computed stays for the next frame; swapped variables are swapped.
    #[arg(long, value_name = "FIRST..END")]
    pub(super) frames: Option<Frames>,

    /// Frames a second: 60, 23.976 or 30000/1001
    #[arg(long, value_name = "RATE", default_value = "60", requires = "frames")]
    pub(super) fps: Rate,

    /// Compare an output with a file; where it differs, tell the worst place and end with 1
    #[arg(long = "compare", value_name = "[NAME=]FILE")]
    pub(super) compares: Vec<String>,

    /// Floats that so many steps apart are the same
    #[arg(long, value_name = "STEPS", default_value_t = 0, requires = "compares")]
    pub(super) ulp: u64,

    /// Numbers that differ by no more are the same
    #[arg(long, value_name = "DIFFERENCE", default_value_t = 0.0, requires = "compares")]
    pub(super) atol: f64,

    /// Do the whole work so many times, each time from the inputs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "frames")]
    pub(super) runs: Option<u32>,

    /// See that all runs (2 unless --runs says more) give the same bits
    #[arg(long, conflicts_with = "frames")]
    pub(super) expect_identical: bool,

    /// Tell how long uploads, passes and readbacks took
    #[arg(long)]
    pub(super) profile: bool,

    /// Write these times to a file that chrome://tracing and ui.perfetto.dev show
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,

    /// Stop a kernel that has run for so long: seconds, for each frame anew; 0 never
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = seconds)]
    pub(super) timeout: f64,

    /// Show what the kernel wants to be given, and run nothing
    #[arg(long)]
    pub(super) list: bool,

    /// The device: auto, gpu, software (Vulkan on the cpu), or part of a GPU's name
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub(super) device: String,

    /// Run loops on a driver that is known to end them silently after some 65,000 iterations
    #[arg(long)]
    pub(super) force: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=1e9).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds, 0 to a billion".to_owned()),
    }
}

const AFTER: &str = r#"Examples:
  bytelens run saxpy.wgsl --in x=x.npy --in y=y.npy --set a=2.5 --out y=out.npy
  bytelens run blur.wgsl --in src=photo.png:rgba --out dst=soft.png:like=src
  bytelens run life.wgsl --in now=start.npy --out next=end.npy:like=now --swap now=next --repeat 100
  bytelens run plasma.wgsl --frames 0..600 --out 'img=-:y4m:u8[480,640,4]' | mpv -
  bytelens run saxpy.wgsl --in x=huge.npy --in y=too.npy --set a=2 --rows x,y --out y=out.npy
  bytelens run saxpy.wgsl --list

A plan, for --plan; its paths are relative to its folder:
  repeat = 10                      # rounds of all passes
  swap = [["a", "b"]]              # buffers that trade places between rounds
  [buffers.a]
  in = "a.npy"                     # as --in has it
  [buffers.b]
  like = "a"                       # or type = "f32[480,640]"
  out = "b.npy"                    # as --out has it
  [[passes]]
  kernel = "step.wgsl"
  entry = "main"                   # where there are several
  bind = { src = "a", dst = "b" }  # variable = buffer; the same name needs no mention
  set = { rate = 0.5 }
  dispatch = "auto"                # or [8, 8, 1]
  repeat = 1                       # and swap = [["src", "dst"]]: rounds of this pass alone

Exit codes:
  0    done
  1    failed: a kernel, an input or an output is wrong, or a comparison does not hold
  2    the command line or the plan is wrong; nothing was done
  3    could not start: no such device, or no output folder
  4    stopped at --timeout
  130  interrupted"#;
