//! Kernels: a user's own WGSL, its variables bound by name, run on views of device memory.
//!
//! ```text
//!   text ─ naga ─► Kernel ─ call ─► Call ─ run ───► Outputs: a DeviceView for each output
//!          reflect.rs       bind, set, output   └─ record: the same, in an encoder of the caller's
//! ```
//!
//! A [`Kernel`] knows what its text declares and needs no device to know it. A [`Call`] collects what
//! its variables are bound to; everything is checked against the WGSL before anything is recorded: element
//! types and shapes, the gaps of `vec3`, access, overrides, workgroups. It is *not* an op: pipelines of
//! ops know no kernel, and kernels know no op.
//!
//! ```no_run
//! use bytelens::device::gpu::{GpuChoice, GpuDevice};
//! use bytelens::kernel::Kernel;
//! use bytelens::{Buffer, DType};
//!
//! let device = GpuDevice::open(&GpuChoice::Best)?;
//! let saxpy = Kernel::from_wgsl("
//!     @group(0) @binding(0) var<storage, read> x: array<f32>;
//!     @group(0) @binding(1) var<storage, read_write> y: array<f32>;
//!     override a: f32 = 1.0;
//!     @compute @workgroup_size(64)
//!     fn main(@builtin(global_invocation_id) id: vec3u) {
//!         if id.x < arrayLength(&y) { y[id.x] = a * x[id.x]; }
//!     }")?;
//! let x = device.upload(&Buffer::from_vec(vec![1.0_f32, 2.0, 3.0], &[3])?.view())?;
//! let outputs = saxpy.call().bind("x", &x).set("a", 2.5).output("y", "x").run(&device)?;
//! assert_eq!(outputs.get("y")?.download()?.view().to_vec::<f32>()?, [2.5, 5.0, 7.5]);
//! # Ok::<(), bytelens::Error>(())
//! ```
//!
//! # What may be bound to what
//!
//! | WGSL | view |
//! |---|---|
//! | `array<f32>` (`i32`, `u32`, `f16` …), atomics too | elements of that type, in any shape |
//! | `array<vec2<f32>>`, `vec4` | elements of the number; the last axis a multiple of 2 or 4; `c64` for `vec2<f32>` |
//! | `array<vec3<f32>>`, `mat4x3` | its stride is 16, so the last axis is 4 numbers, the fourth unseen |
//! | `array<S>`, `S` a struct | a struct type with the members' names, offsets and types |
//! | `S` that ends in a runtime array | one struct whose last field is a sub-array |
//! | `array<u32>` | 1- and 2-byte elements as well, packed: 4 or 2 in a word; a multiple of 4 bytes in all |
//! | anything of n bytes | elements of the type `bytes` |
//!
//! Views that are not contiguous, or start where the device cannot bind, are copied on the device first.
//!
//! # How many invocations
//!
//! [`Dispatch::Auto`] runs one invocation for each element of the first output (or, if there is none, of
//! the first view that is updated), an element being one of the WGSL array's. A workgroup of one
//! dimension runs over all elements, unless the kernel reads `.y` or `.z` of an id; else the last axis is
//! x, the one before it y, and all before those z.
//!
//! # Views larger than a binding
//!
//! A [`Call`] binds views of the device's memory whole. [`Kernel::rows`] takes host views of any size and
//! calls the kernel for some rows of all of them at a time.
//!
//! # Invariants
//!
//! Nothing is submitted, polled or waited for by [`Call::record`]. A view that was bound for reading
//! is never written. Outputs start as zeros, whatever their memory held before.

mod call;
mod compile;
mod deep;
mod fit;
mod groups;
mod place;
mod prepare;
mod reflect;
mod rows;
mod run;
mod settings;
mod value;
mod wgsl;

pub use call::{Call, Dispatch, Like};
pub use reflect::{Access, Binding, BindingKind, Override};
pub use rows::Rows;
pub use run::Outputs;

use std::fmt;
use std::sync::{Arc, Mutex};

use crate::error::{Error, Result};
use compile::Compiled;
use reflect::{Entry, Module};

/// A compute kernel of a user's: one entry point of a WGSL text.
///
/// Cloning it is cheap. Clones, and what [`with_entry`](Self::with_entry) makes, share what was compiled;
/// they may be used from any threads and with any devices at once.
#[derive(Clone)]
pub struct Kernel {
    shared: Arc<Shared>,
    /// The position of its entry point in the module's.
    entry: usize,
}

struct Shared {
    name: String,
    source: String,
    module: Module,
    compiled: Mutex<Vec<Arc<Compiled>>>,
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = [self.name(), self.entry()];
        f.debug_tuple("Kernel").field(&name).finish()
    }
}

impl Kernel {
    /// Reads a WGSL text. Messages call the kernel by its entry point.
    ///
    /// # Errors
    /// [`Error::Kernel`] where the text is not valid WGSL, with line, column and a caret, or has more than
    /// one compute entry point (then [`parse`](Self::parse) lets one choose), or none.
    pub fn from_wgsl(source: &str) -> Result<Self> {
        Self::named("wgsl", source)
    }

    /// Reads a WGSL text, such as a file's. Messages call it `name`.
    ///
    /// # Errors
    /// As [`from_wgsl`](Self::from_wgsl).
    pub fn named(name: &str, source: &str) -> Result<Self> {
        let kernel = Self::parse(name, source)?;
        let entries = kernel.entries();
        if entries.len() > 1 {
            let problem = format!(
                "there are {} entry points: {}; choose one with Kernel::parse and with_entry",
                entries.len(),
                entries.join(", ")
            );
            return Err(reflect::wrong(name, problem));
        }
        kernel.with_entry(entries[0])
    }

    /// Reads a WGSL text with any number of compute entry points; the first is chosen until
    /// [`with_entry`](Self::with_entry) chooses another.
    ///
    /// # Errors
    /// [`Error::Kernel`] where the text is not valid WGSL or has no compute entry point.
    pub fn parse(name: &str, source: &str) -> Result<Self> {
        let module = reflect::module(name, source)?;
        let (name, source) = (name.to_owned(), source.to_owned());
        let shared = Shared { name, source, module, compiled: Mutex::default() };
        Ok(Self { shared: Arc::new(shared), entry: 0 })
    }

    /// Chooses an entry point of the same text.
    ///
    /// # Errors
    /// [`Error::Unknown`] where there is none of that name; [`Error::Unsupported`] where it uses
    /// textures, samplers or arrays of bindings.
    pub fn with_entry(&self, name: &str) -> Result<Self> {
        let entries = self.entries();
        let Some(entry) = entries.iter().position(|entry| *entry == name) else {
            let known = format!("kernel {} has {}", self.name(), entries.join(", "));
            return Err(Error::unknown("entry point", name, entries, known));
        };
        let chosen = Self { entry, ..self.clone() };
        match chosen.point().foreign.first() {
            None => Ok(chosen),
            Some((variable, what)) => Err(Error::Unsupported {
                what: format!("kernel {}: {what} ({variable:?})", self.name()),
                instead: "keep its numbers in a storage buffer".to_owned(),
            }),
        }
    }

    /// Returns what messages call it: the file's name, where it was named.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Returns its text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.shared.source
    }

    /// Returns the name of its entry point.
    #[must_use]
    pub fn entry(&self) -> &str {
        &self.point().name
    }

    /// Returns the names of all compute entry points of its text.
    #[must_use]
    pub fn entries(&self) -> Vec<&str> {
        self.shared.module.entries.iter().map(|entry| entry.name.as_str()).collect()
    }

    /// Returns the variables that its entry point uses, in the order of their groups and numbers.
    #[must_use]
    pub fn bindings(&self) -> &[Binding] {
        &self.point().bindings
    }

    /// Returns the override constants of its text.
    #[must_use]
    pub fn overrides(&self) -> &[Override] {
        &self.shared.module.overrides
    }

    /// Returns the size of its workgroups with the overrides' defaults; none where an override that
    /// must be set stands in the way.
    #[must_use]
    pub fn workgroup_size(&self) -> Option<[u32; 3]> {
        let workgroup = deep::on_a_deep_stack(|| compile::workgroup(self, &[]));
        workgroup.ok()?.ok().map(|workgroup| workgroup.size)
    }

    /// Begins a call: what its variables are bound to comes next.
    pub fn call(&self) -> Call {
        Call::new(self.clone())
    }

    /// Begins a run over host views whose rows go through the device some at a time, so that they may be
    /// larger than what it binds or has. For kernels that compute each row by itself.
    ///
    /// ```no_run
    /// use bytelens::device::gpu::{GpuChoice, GpuDevice};
    /// use bytelens::{Buffer, DType, Kernel};
    ///
    /// let device = GpuDevice::open(&GpuChoice::Best)?;
    /// let root = Kernel::from_wgsl("
    ///     @group(0) @binding(0) var<storage, read> x: array<f32>;
    ///     @group(0) @binding(1) var<storage, read_write> y: array<f32>;
    ///     @compute @workgroup_size(64)
    ///     fn main(@builtin(global_invocation_id) id: vec3u) {
    ///         if id.x < arrayLength(&y) { y[id.x] = sqrt(x[id.x]); }
    ///     }")?;
    /// let x = Buffer::zeroed(DType::F32, &[800_000_000])?; // 3.2 GB
    /// let mut y = Buffer::zeroed(DType::F32, x.shape())?;
    /// root.rows().bind("x", &x.view()).output("y", y.view_mut()?).run(&device)?;
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn rows<'a>(&self) -> Rows<'a> {
        Rows::new(self.clone())
    }

    fn point(&self) -> &Entry {
        &self.shared.module.entries[self.entry]
    }
}
