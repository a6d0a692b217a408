//! Views of device memory: a layout and the memory it looks into.
//!
//! A [`DeviceView`] is to the device what [`View`](crate::view::View) is to the host: slicing,
//! permuting and flipping it moves nothing, and a pass reads it through its strides. It is *not* a
//! way to its bytes; those come back by [`download`](DeviceView::download).

use std::sync::Arc;

use crate::device::gpu::GpuDevice;
use crate::device::gpu::memory::{Memory, STORAGE_USAGES};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::{Index, Layout, Slice};
use crate::view::{Buffer, ViewMut};

/// Elements in the memory of a GPU. Cloning it shares the memory.
#[derive(Clone, Debug)]
pub struct DeviceView {
    device: GpuDevice,
    /// None where there is no element: no device has memory of no bytes.
    memory: Option<Arc<Memory>>,
    layout: Layout,
}

impl DeviceView {
    pub(super) fn new(device: &GpuDevice, memory: Option<Arc<Memory>>, layout: Layout) -> Self {
        Self { device: device.clone(), memory, layout }
    }

    pub(super) fn memory(&self) -> Option<&Arc<Memory>> {
        self.memory.as_ref()
    }

    /// Returns the memory for the device to use, which it may while the host does not hold it.
    ///
    /// # Errors
    /// [`Error::Held`].
    pub(super) fn free_memory(&self, action: &'static str) -> Result<Option<&Arc<Memory>>> {
        if let Some(memory) = &self.memory {
            memory.check_free(action)?;
        }
        Ok(self.memory.as_ref())
    }

    /// Returns the device whose memory this is.
    #[must_use]
    pub fn device(&self) -> &GpuDevice {
        &self.device
    }

    /// Returns where the elements lie in the memory.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the element type.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        self.layout.dtype()
    }

    /// Returns the number of elements along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// Returns the bytes from one element to the next along each axis.
    #[must_use]
    pub fn strides(&self) -> &[isize] {
        self.layout.strides()
    }

    /// Returns the number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.layout.ndim()
    }

    /// Returns the number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.layout.len()
    }

    /// Tells whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.layout.is_empty()
    }

    /// Returns the size in bytes of a contiguous copy.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.layout.nbytes()
    }

    /// Copies the elements to the host, in C order. Waits for the device.
    ///
    /// The memory of results that were dropped is used again.
    ///
    /// # Errors
    /// [`Error::Held`] where the host holds the memory; [`Error::Device`] where the device fails.
    pub fn download(&self) -> Result<Buffer> {
        let mut buffer = self.device.lend(&self.layout)?;
        self.download_into(&mut buffer.view_mut()?)?;
        Ok(buffer)
    }

    /// Copies the elements to the host, in C order. Blocks no thread that polls it.
    ///
    /// What is copied are the elements as they are when this is first polled.
    ///
    /// # Errors
    /// As [`download`](Self::download).
    pub async fn download_async(&self) -> Result<Buffer> {
        let mut buffer = self.device.lend(&self.layout)?;
        if let Some(copy) = self.device.start_read_back(self)? {
            let (read_back, submission) = copy;
            self.device.finished(submission, "download")?.await?;
            read_back.copy_mapped(&mut buffer.view_mut()?, "download")?;
        }
        Ok(buffer)
    }

    /// Copies the elements to a host view of the same shape and element type, whatever its strides.
    /// Waits for the device.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::DType`] where the target does not fit; [`Error::Held`] where the
    /// host holds the memory; [`Error::Device`] where the device fails.
    pub fn download_into(&self, target: &mut ViewMut<'_>) -> Result<()> {
        self.device.read_back(self, target)
    }

    /// Returns the same memory seen through any layout that it holds.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) where the layout reaches outside.
    pub fn with_layout(&self, layout: Layout) -> Result<Self> {
        let bytes = self.memory.as_ref().map_or(0, |memory| memory.bytes());
        if !layout.is_empty() && layout.span().end as u64 > bytes {
            let expected = format!("a layout within {bytes} bytes");
            return Err(Error::shape("device view", expected, format!("{layout:?}")));
        }
        Ok(self.seen(layout))
    }

    fn seen(&self, layout: Layout) -> Self {
        Self { layout, ..self.clone() }
    }
}

impl GpuDevice {
    /// Sees elements in a buffer that the caller has made on the same wgpu device. Nothing is copied,
    /// and the buffer stays the caller's.
    ///
    /// Whatever the caller does with the buffer is in the order of submissions to the queue.
    ///
    /// # Errors
    /// [`Error::Shape`] where the layout reaches beyond the buffer, or the buffer is not of whole
    /// words; [`Error::Param`] where the buffer's usages are not `STORAGE`, `COPY_SRC` and `COPY_DST`
    /// at least.
    pub fn view_of_buffer(&self, buffer: &wgpu::Buffer, layout: Layout) -> Result<DeviceView> {
        if !buffer.usage().contains(STORAGE_USAGES) {
            let expected = "STORAGE | COPY_SRC | COPY_DST at least";
            let got = format!("{:?}", buffer.usage());
            return Err(Error::param("device view", "the buffer's usage", expected, got));
        }
        if !buffer.size().is_multiple_of(4) {
            let got = format!("{} bytes", buffer.size());
            return Err(Error::shape("device view", "a buffer of whole 4-byte words", got));
        }
        let memory = (buffer.size() > 0).then(|| Arc::new(Memory::of(buffer.clone())));
        let all = Layout::contiguous(layout.dtype().clone(), &[0])?;
        DeviceView::new(self, memory, all).with_layout(layout)
    }
}

/// Writes each operation of the layout algebra as a method that shares the memory.
macro_rules! layout_operations {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*);)+) => {
        /// The algebra of [`Layout`]: nothing moves.
        impl DeviceView {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                #[doc = concat!("As [`Layout::", stringify!($name), "`].")]
                pub fn $name(&self $(, $arg: $type)*) -> Result<Self> {
                    Ok(self.seen(self.layout.$name($($arg),*)?))
                }
            )+
        }
    };
}

layout_operations! {
    /// Takes part of an axis.
    slice(axis: usize, slice: impl Into<Slice>);
    /// Takes one index of an axis, which goes.
    index(axis: usize, at: isize);
    /// Puts the axes in another order.
    permute(order: &[usize]);
    /// Exchanges two axes.
    swap_axes(a: usize, b: usize);
    /// Turns an axis around.
    flip(axis: usize);
    /// Adds an axis of length 1.
    newaxis(axis: usize);
    /// Takes away an axis of length 1.
    squeeze(axis: usize);
    /// Gives the elements another shape.
    reshape(shape: &[isize]);
    /// Repeats axes of length 1.
    broadcast_to(shape: &[usize]);
    /// Makes an axis of overlapping windows over an axis.
    windows(axis: usize, size: usize, step: usize);
    /// Sees the bytes as another element type.
    cast(dtype: DType);
    /// Takes a field of structs.
    field(name: &str);
    /// Takes whatever an index expression names.
    select(index: &[Index]);
}

impl DeviceView {
    /// Puts the axes in the opposite order. Nothing moves.
    #[must_use]
    pub fn transpose(&self) -> Self {
        self.seen(self.layout.transpose())
    }

    /// Takes an axis apart in two. Nothing moves.
    ///
    /// # Errors
    /// As [`Layout::split`].
    pub fn split(&self, axis: usize, at: usize) -> Result<(Self, Self)> {
        let (before, after) = self.layout.split(axis, at)?;
        Ok((self.seen(before), self.seen(after)))
    }
}
