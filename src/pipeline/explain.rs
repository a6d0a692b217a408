//! What a pipeline would do, in words.

use std::fmt;

use crate::device::Device;
use crate::image::{Color, ImageInfo};
use crate::op::pass::Plan;

/// A plan in words: passes, bytes moved, the device and why it was chosen.
#[derive(Debug)]
pub struct Explanation {
    source: ImageInfo,
    plan: Plan,
    /// Whether passes that can ride on the one before them do, with nothing in memory between.
    rides: bool,
    device: String,
    reason: String,
}

impl Explanation {
    pub(super) fn new(source: ImageInfo, plan: Plan, device: &Device) -> Self {
        let reason = device.reason().to_owned();
        Self { source, plan, rides: device.is_cpu(), device: device.to_string(), reason }
    }

    /// Returns the plan that is explained.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "source  {}", Described(&self.source))?;
        if self.plan.passes.is_empty() {
            writeln!(f, "passes  none: a view of the source, no byte moves")?;
        }
        let passes = &self.plan.passes;
        let rides = |at: usize| {
            let before = at.checked_sub(1).and_then(|before| passes.get(before));
            self.rides && before.zip(passes.get(at)).is_some_and(|(a, b)| b.rides_on(a))
        };
        for (at, pass) in passes.iter().enumerate() {
            let (read, written) = pass.bytes_moved();
            let moved = |along: bool, bytes: usize| {
                if along { "its rows in cache".to_owned() } else { Bytes(bytes).to_string() }
            };
            writeln!(f, "pass {:<2} {}: {pass}", at + 1, pass.op)?;
            writeln!(
                f,
                "        {}x{} -> {}x{}, reads {}, writes {}",
                pass.src.width(),
                pass.src.height(),
                pass.dst.width(),
                pass.dst.height(),
                moved(rides(at), read),
                moved(rides(at + 1), written),
            )?;
        }
        writeln!(f, "result  {}", Described(&self.plan.output))?;
        write!(f, "device  {}: {}", self.device, self.reason)
    }
}

/// A number of bytes, in the unit that fits.
struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes @ ..1_000 => write!(f, "{bytes} B"),
            bytes @ ..1_000_000 => write!(f, "{:.1} kB", bytes as f64 / 1e3),
            bytes => write!(f, "{:.1} MB", bytes as f64 / 1e6),
        }
    }
}

/// An image's shape, element type and channels.
struct Described<'a>(&'a ImageInfo);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.0;
        let color = if info.format.color == Color::Gray { "grey" } else { "rgb" };
        let alpha = if info.format.has_alpha() { "+alpha" } else { "" };
        write!(f, "{}x{} {color}{alpha} {}", info.width(), info.height(), info.layout.dtype())
    }
}
