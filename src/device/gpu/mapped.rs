//! Device memory that the host holds: bytes to look at without copying them out.
//!
//! ```text
//!   DeviceView ──map()──► Mapped ──view()──► View      the device: refused, "held by 1 view"
//!                         drop                         the device: works on
//! ```
//!
//! Where memory is unified the host looks at it where it lies; elsewhere at staging that the device
//! has copied to, once. It is *not* a way to write.

use std::fmt;
use std::sync::Arc;

use crate::device::gpu::memory::Memory;
use crate::device::gpu::readback::From;
use crate::device::gpu::{DeviceView, GpuDevice};
use crate::error::Result;
use crate::layout::Layout;
use crate::view::{Buffer, Owner, View};

/// A hold on elements in the memory of a GPU. While there is one, the device may neither write nor read
/// that memory; dropping it releases it.
pub struct Mapped {
    /// Gone before what it looks into is unmapped. None where there is no element.
    bytes: Option<wgpu::BufferView>,
    layout: Layout,
    source: Option<Source>,
}

/// What is mapped.
#[derive(Debug)]
enum Source {
    /// The memory itself.
    InPlace(Hold),
    /// A copy, and the memory it was made of.
    Copied(Option<From>, Hold),
}

/// The host's hold on memory.
#[derive(Debug)]
struct Hold(Arc<Memory>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.let_go();
    }
}

impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped").field("layout", &self.layout).finish_non_exhaustive()
    }
}

impl DeviceView {
    /// Maps the elements for the host to read, without copying them out. Waits for the device.
    ///
    /// While the result lives, whatever would use the memory on the device is refused, through this
    /// view or any other of the same memory.
    ///
    /// ```no_run
    /// # fn example(view: bytelens::device::gpu::DeviceView) -> Result<(), bytelens::Error> {
    /// let mapped = view.map()?;
    /// let sum: f32 = mapped.view().to_vec::<f32>()?.iter().sum();
    /// mapped.release();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Held`](crate::Error::Held) where the host holds the memory already;
    /// [`Error::Device`](crate::Error::Device) where the device fails.
    pub fn map(&self) -> Result<Mapped> {
        let (mapped, submission) = self.start_map()?;
        if let Some(submission) = submission {
            self.device().wait(submission, "map")?;
        }
        mapped.opened(self.device())
    }

    /// Maps the elements as [`map`](Self::map) does, and blocks no thread that polls it.
    ///
    /// # Errors
    /// As there.
    pub async fn map_async(&self) -> Result<Mapped> {
        let (mapped, submission) = self.start_map()?;
        if let Some(submission) = submission {
            self.device().finished(submission, "map")?.await?;
        }
        mapped.opened(self.device())
    }

    /// Takes the hold and asks for the bytes, which are mapped once the submission is done.
    fn start_map(&self) -> Result<(Mapped, Option<wgpu::SubmissionIndex>)> {
        let device = self.device();
        let Some(memory) = self.memory().filter(|_| self.nbytes() > 0) else {
            let layout = Layout::contiguous(self.dtype().clone(), self.shape())?;
            return Ok((Mapped { bytes: None, layout, source: None }, None));
        };
        if !memory.is_unified() {
            // A copy is recorded before the hold is taken, which would refuse it.
            memory.check_free("map")?;
            let Some((read_back, submission)) = device.start_read_back(self)? else {
                return Err(device.failed("map", "nothing was copied"));
            };
            let (from, layout) = read_back.into_parts();
            let source = Source::Copied(Some(from), Hold::take(memory)?);
            return Ok((Mapped { bytes: None, layout, source: Some(source) }, Some(submission)));
        }
        device.scoped("map", || {
            let source = Some(Source::InPlace(Hold::take(memory)?));
            let submission = device.shared.queue.submit([]);
            memory.set_requested(true);
            memory.buffer().map_async(wgpu::MapMode::Read, .., |_| {});
            let mapped = Mapped { bytes: None, layout: self.layout().clone(), source };
            Ok((mapped, Some(submission)))
        })
    }
}

impl Hold {
    fn take(memory: &Arc<Memory>) -> Result<Self> {
        memory.hold()?;
        Ok(Self(Arc::clone(memory)))
    }
}

impl Source {
    fn buffer(&self) -> (&wgpu::Buffer, u64) {
        match self {
            Self::Copied(Some(from), _) => from.buffer(),
            Self::Copied(None, Hold(memory)) | Self::InPlace(Hold(memory)) => {
                (memory.buffer(), memory.bytes())
            }
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        match self {
            Self::InPlace(Hold(memory)) => memory.buffer().unmap(),
            Self::Copied(from, _) => {
                if let Some(from) = from.take() {
                    from.read();
                }
            }
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // Unmapping with a live view of the bytes would panic.
        self.bytes = None;
        self.source = None;
    }
}

impl Mapped {
    /// Takes the bytes, which are mapped by now.
    fn opened(mut self, device: &GpuDevice) -> Result<Self> {
        if let Some(source) = &self.source {
            let (buffer, size) = source.buffer();
            let bytes = buffer.get_mapped_range(..size);
            self.bytes = Some(bytes.map_err(|error| device.failed("map", error))?);
            if let Source::InPlace(Hold(memory)) = source {
                memory.set_requested(false);
            }
        }
        Ok(self)
    }

    /// Reads the elements.
    ///
    /// # Panics
    /// Never: the layout was checked against the mapped bytes.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::new(self.bytes(), self.layout.clone()).expect("the layout is within what was mapped")
    }

    /// Makes a buffer that reads the mapped bytes and goes on holding them.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) where the layout reaches beyond what was mapped, which
    /// [`DeviceView`] has ruled out.
    pub fn into_buffer(self) -> Result<Buffer> {
        let layout = self.layout.clone();
        Buffer::from_owner(Arc::new(self), layout)
    }

    /// Lets go now, as dropping does.
    pub fn release(self) {}
}

impl Owner for Mapped {
    fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or_default()
    }
}
