//! A call in the making: names and what they stand for. Nothing is checked here but by the types.

use super::Kernel;
use super::run::Outputs;
use crate::device::gpu::{DeviceView, GpuDevice};
use crate::dtype::DType;
use crate::error::Result;
use crate::view::Value;

/// How many workgroups run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dispatch {
    /// One invocation for each element of the first output, or else of the first view that is updated.
    #[default]
    Auto,
    /// One invocation for each element of what is bound to this name.
    Over(String),
    /// So many workgroups along x, y and z.
    Groups([u32; 3]),
    /// Workgroups enough for so many invocations along x, y and z.
    Invocations([u32; 3]),
}

/// What an output is to be: its element type and shape.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Like {
    /// Those of what is bound to another name.
    Name(String),
    /// These.
    Array(DType, Vec<usize>),
    /// This shape, with the elements that the WGSL type is made of: `array<vec4<f32>>` of shape `[n]` is
    /// `f32[n, 4]`.
    Shape(Vec<usize>),
}

impl From<&str> for Like {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<&DeviceView> for Like {
    fn from(view: &DeviceView) -> Self {
        Self::Array(view.dtype().clone(), view.shape().to_vec())
    }
}

impl<S: AsRef<[usize]>> From<(DType, S)> for Like {
    fn from((dtype, shape): (DType, S)) -> Self {
        Self::Array(dtype, shape.as_ref().to_vec())
    }
}

impl<const N: usize> From<[usize; N]> for Like {
    fn from(shape: [usize; N]) -> Self {
        Self::Shape(shape.to_vec())
    }
}

/// What a name was given.
#[derive(Debug)]
pub(super) enum Given {
    Read(DeviceView),
    Update(DeviceView),
    Output(Like),
}

/// What a kernel's variables are bound to. Made by [`Kernel::call`], used up by [`run`](Self::run) or
/// [`record`](Self::record), which check all of it.
#[derive(Debug)]
#[must_use = "a call does nothing until it is run or recorded"]
pub struct Call {
    pub(super) kernel: Kernel,
    pub(super) given: Vec<(String, Given)>,
    pub(super) values: Vec<(String, Value)>,
    pub(super) dispatch: Dispatch,
    pub(super) repeat: u32,
    pub(super) swaps: Vec<[String; 2]>,
    pub(super) force: bool,
}

impl Call {
    pub(super) fn new(kernel: Kernel) -> Self {
        Self {
            kernel,
            given: Vec::new(),
            values: Vec::new(),
            dispatch: Dispatch::Auto,
            repeat: 1,
            swaps: Vec::new(),
            force: false,
        }
    }

    /// Binds a view to a variable that the kernel reads. It is never written.
    pub fn bind(mut self, name: &str, view: &DeviceView) -> Self {
        self.given.push((name.to_owned(), Given::Read(view.clone())));
        self
    }

    /// Gives a view to a variable that the kernel writes in place. It comes back in the [`Outputs`].
    ///
    /// The view must be the only one of its memory: what others hold is not changed behind their backs.
    pub fn update(mut self, name: &str, view: DeviceView) -> Self {
        self.given.push((name.to_owned(), Given::Update(view)));
        self
    }

    /// Makes memory of zeros for a variable that the kernel writes. It comes in the [`Outputs`].
    pub fn output(mut self, name: &str, like: impl Into<Like>) -> Self {
        self.given.push((name.to_owned(), Given::Output(like.into())));
        self
    }

    /// Sets an override constant, a uniform, or a member of a uniform (`params.a`).
    ///
    /// Numbers are checked against the WGSL type. Vectors, matrices and arrays take lists,
    /// [`Value::Bytes`] takes a whole type's bytes, [`Value::Struct`] its members. Storage that is read and
    /// has a fixed size may be set in the same way.
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a whole uniform to the bytes of a value of the host, whose layout must be the WGSL type's.
    pub fn uniform<T: bytemuck::NoUninit>(self, name: &str, value: &T) -> Self {
        self.set(name, Value::Bytes(bytemuck::bytes_of(value).to_vec()))
    }

    /// Says how many workgroups run; [`Dispatch::Auto`] unless said.
    pub fn dispatch(mut self, dispatch: Dispatch) -> Self {
        self.dispatch = dispatch;
        self
    }

    /// Runs the kernel so many times, one after the other, in one submission; 1 unless said.
    pub fn repeat(mut self, times: u32) -> Self {
        self.repeat = times;
        self
    }

    /// Makes what one round writes what the next round reads: ping-pong between a variable that was bound
    /// and one that is an output of the same type and shape.
    ///
    /// The bound view itself is only read. The output that comes back is the last round's; as rounds take
    /// turns between two pieces of memory, each round must write all of it.
    pub fn swap(mut self, read: &str, written: &str) -> Self {
        self.swaps.push([read.to_owned(), written.to_owned()]);
        self
    }

    /// Runs it on a device that was found to end loops silently.
    ///
    /// Results are right there as long as no invocation makes more iterations, all its loops together,
    /// than [`AdapterReport::loop_limit`](crate::device::gpu::AdapterReport::loop_limit) says.
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// Runs the call and returns its outputs. Does not wait: downloading an output does.
    ///
    /// # Errors
    /// [`Error::Kernel`](crate::Error::Kernel) where what is bound does not fit the WGSL;
    /// [`Error::Unknown`](crate::Error::Unknown) for a name that it does not have;
    /// [`Error::Held`](crate::Error::Held) where a view to be updated has other holders;
    /// [`Error::Limit`](crate::Error::Limit) where it is more than the device does;
    /// [`Error::Unsupported`](crate::Error::Unsupported) where the device lacks what the WGSL needs, or is
    /// known to be faulty; [`Error::Device`](crate::Error::Device) where it fails.
    pub fn run(self, device: &GpuDevice) -> Result<Outputs> {
        super::run::run(self, device)
    }

    /// Records the call in an encoder of the same device, and does no more: nothing is submitted, polled
    /// or waited for. The outputs may be bound in further calls on the same encoder; their contents are
    /// there when the encoder was submitted.
    ///
    /// # Errors
    /// As [`run`](Self::run). After an error the encoder may hold part of the call: drop it.
    pub fn record(self, device: &GpuDevice, encoder: &mut wgpu::CommandEncoder) -> Result<Outputs> {
        super::run::record(self, device, encoder)
    }
}
