//! `--profile` and `--trace`: how long uploads, passes and readbacks took.
//!
//! A pass is timed by the GPU itself where it has timestamps; elsewhere from submitting to its end, which
//! counts the driver's work too. Everything waits for everything, so that the times add up: a run that is
//! timed is slower than one that is not.

use std::fmt::Write;
use std::time::{Duration, Instant};

use bytelens::device::gpu::{GpuDevice, adapters};
use bytelens::kernel::{Call, Outputs};
use bytelens::{Error, wgpu};

use super::stamps::Stamps;

/// The times of a run, where they are asked for.
#[derive(Debug)]
pub(super) struct Profile {
    start: Instant,
    events: Vec<Event>,
    is_on: bool,
    stamps: Option<Stamps>,
}

#[derive(Debug)]
struct Event {
    kind: &'static str,
    name: String,
    /// Since the start.
    begin: Duration,
    took: Duration,
    bytes: Option<usize>,
}

impl Profile {
    /// Starts the clock. `stamps` are there where a run is timed.
    pub(super) fn new(is_on: bool, stamps: Option<Stamps>) -> Self {
        Self { start: Instant::now(), events: Vec::new(), is_on, stamps }
    }

    /// Does `work`, and notes how long it took.
    pub(super) fn timed<T>(
        &mut self,
        kind: &'static str,
        name: &str,
        bytes: usize,
        work: impl FnOnce() -> T,
    ) -> T {
        let begin = self.start.elapsed();
        let done = work();
        if let (true, Some(stamps)) = (self.is_on, &self.stamps) {
            stamps.wait();
        }
        self.note(kind, name, begin, self.start.elapsed().saturating_sub(begin), Some(bytes));
        done
    }

    fn note(
        &mut self,
        kind: &'static str,
        name: &str,
        begin: Duration,
        took: Duration,
        bytes: Option<usize>,
    ) {
        if self.is_on {
            self.events.push(Event { kind, name: name.to_owned(), begin, took, bytes });
        }
    }

    /// Runs a pass, and notes how long it took.
    pub(super) fn pass(
        &mut self,
        device: &GpuDevice,
        name: &str,
        call: Call,
    ) -> Result<Outputs, Error> {
        let Some(stamps) = self.stamps.as_ref().filter(|_| self.is_on) else {
            return call.run(device);
        };
        let begin = self.start.elapsed();
        let (outputs, gpu) = stamps.timed(device, call)?;
        let took = self.start.elapsed().saturating_sub(begin);
        match gpu {
            // What the GPU says is a length; it ended when we saw it end.
            Some(gpu) => {
                let begin = begin + took.saturating_sub(gpu);
                self.note("pass, by the GPU", name, begin, gpu, None);
            }
            None => self.note("pass, from outside", name, begin, took, None),
        }
        Ok(outputs)
    }

    /// The times as a table: for each name how often, how long in all, and how fast.
    pub(super) fn table(&self) -> String {
        let mut rows: Vec<(&Event, u32, Duration)> = Vec::new();
        for event in &self.events {
            let same = |(one, ..): &&mut (&Event, u32, Duration)| {
                (one.kind, &one.name) == (event.kind, &event.name)
            };
            match rows.iter_mut().find(same) {
                Some((_, times, took)) => {
                    *times += 1;
                    *took += event.took;
                }
                None => rows.push((event, 1, event.took)),
            }
        }
        let width =
            rows.iter().map(|(event, ..)| event.name.chars().count()).max().unwrap_or(0).max(4);
        let head = ["what", "name", "times", "ms in all", "ms each"];
        let mut text = format!(
            "{:<19}{:<width$}{:>7}{:>12}{:>11}\n",
            head[0], head[1], head[2], head[3], head[4]
        );
        for (Event { kind, name, bytes, .. }, times, took) in rows {
            let all = took.as_secs_f64();
            let each = all / f64::from(times);
            // Text in memory takes all that is written to it.
            let _ = write!(
                text,
                "{kind:<19}{name:<width$}{times:>7}{:>12.3}{:>11.3}",
                all * 1e3,
                each * 1e3
            );
            if let Some(bytes) = bytes.filter(|_| each > 0.0) {
                let _ = write!(text, "  {:.2} GB/s", bytes as f64 / each / 1e9);
            }
            text.push('\n');
        }
        text
    }

    /// The times in the format of Chrome's trace viewer ("Trace Event Format", complete events).
    pub(super) fn trace(&self) -> String {
        let events = self.events.iter().map(|event| {
            let micros = |time: Duration| time.as_secs_f64() * 1e6;
            let (begin, took) = (micros(event.begin), micros(event.took));
            format!(
                "{{\"name\":{},\"cat\":\"{}\",\"ph\":\"X\",\"ts\":{begin:.3},\"dur\":{took:.3},\
                 \"pid\":1,\"tid\":1}}",
                json(&event.name),
                event.kind
            )
        });
        let events: Vec<_> = events.collect();
        format!("{{\"traceEvents\":[\n{}\n]}}\n", events.join(",\n"))
    }
}

/// Text as JSON has it.
fn json(text: &str) -> String {
    let mut quoted = String::from("\"");
    for one in text.chars() {
        match one {
            '"' | '\\' => quoted.extend(['\\', one]),
            one if u32::from(one) < 32 => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(one));
            }
            one => quoted.push(one),
        }
    }
    quoted + "\""
}

/// Opens the device anew, with timestamps where it has them.
pub(super) fn device(device: &GpuDevice) -> Result<(GpuDevice, Stamps), Error> {
    let failed = |problem: &str| Error::Device {
        device: device.name().to_owned(),
        problem: format!("{problem} for --profile"),
    };
    let number = adapters().iter().position(|one| {
        let report = device.report();
        (&one.name, &one.driver, one.backend) == (&report.name, &report.driver, report.backend)
    });
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12,
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let found = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let adapter = number.and_then(|number| found.into_iter().nth(number));
    let adapter = adapter.ok_or_else(|| failed("the adapter cannot be found again"))?;
    let wanted = wgpu::Features::TIMESTAMP_QUERY
        | wgpu::Features::TIMESTAMP_QUERY_INSIDE_ENCODERS
        | wgpu::Features::SHADER_F16
        | wgpu::Features::SUBGROUP;
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("bytelens run --profile"),
        required_limits: adapter.limits(),
        required_features: adapter.features() & wanted,
        ..wgpu::DeviceDescriptor::default()
    };
    let opened = pollster::block_on(adapter.request_device(&descriptor));
    let (device, queue) = opened.map_err(|error| failed(&error.to_string()))?;
    let stamps = Stamps::new(&device, &queue);
    Ok((GpuDevice::from_wgpu(device, queue)?, stamps))
}

#[cfg(test)]
mod tests {
    use super::{Profile, json};
    use std::time::Duration;

    #[test]
    fn times_of_one_name_are_added_up() {
        let mut profile = Profile::new(true, None);
        let second = Duration::from_secs(1);
        for _ in 0..2 {
            profile.note("upload", "x", second, second, Some(1_000_000_000));
        }
        profile.note("pass, by the GPU", "k\"", second, second, None);
        let table = profile.table();
        assert!(table.contains("x         2    2000.000   1000.000  1.00 GB/s\n"), "{table}");
        let trace = profile.trace();
        assert_eq!(trace.matches("\"ph\":\"X\"").count(), 3);
        assert!(trace.contains("{\"name\":\"k\\\"\",\"cat\":\"pass, by the GPU\""), "{trace}");
        assert_eq!(json("a\n\\"), "\"a\\u000a\\\\\"");
    }
}
