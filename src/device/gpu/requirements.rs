//! What a device must be made with, for callers that make it themselves.

use crate::device::gpu::fault::failed;
use crate::error::{Error, Result};

/// Features and limits to ask for when a device is made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Requirements {
    /// The features without which nothing runs: none, on every adapter.
    pub features: wgpu::Features,
    /// The features that the adapter has and that widen what is taken: textures of 16-bit numbers.
    pub optional: wgpu::Features,
    /// The limits worth asking for: wgpu's defaults, with buffers and dispatches as large as the
    /// adapter allows. With the defaults alone pictures stop at bindings of 128 MiB.
    pub limits: wgpu::Limits,
}

impl Requirements {
    /// Returns the least limits that every op runs with, on small pictures.
    #[must_use]
    pub fn least() -> wgpu::Limits {
        wgpu::Limits::downlevel_defaults()
    }

    /// Adds what is asked for here to what a device is going to be made with.
    ///
    /// The caller's own wishes stay: features are added, and of each limit the better is taken.
    #[must_use]
    pub fn added_to<'a>(
        &self,
        mut wanted: wgpu::DeviceDescriptor<'a>,
    ) -> wgpu::DeviceDescriptor<'a> {
        wanted.required_features |= self.features | self.optional;
        wanted.required_limits = wanted.required_limits.or_better_values_from(&self.limits);
        wanted
    }

    /// Returns a descriptor of a device for bytelens alone.
    #[must_use]
    pub fn descriptor(&self) -> wgpu::DeviceDescriptor<'static> {
        self.added_to(wgpu::DeviceDescriptor::default())
    }
}

/// Says what a device of an adapter should be made with, before it is made.
///
/// ```no_run
/// # async fn example(adapter: bytelens::wgpu::Adapter) -> Result<(), Box<dyn std::error::Error>> {
/// use bytelens::{device::gpu::{GpuDevice, requirements}, wgpu};
///
/// let mine = wgpu::DeviceDescriptor { label: Some("renderer"), ..Default::default() };
/// let wanted = requirements(&adapter)?.added_to(mine);
/// let (device, queue) = adapter.request_device(&wanted).await?;
/// let gpu = GpuDevice::from_wgpu(device, queue)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Device`] where the adapter has no compute shaders; [`Error::Limit`] where it is smaller
/// than [`Requirements::least`].
pub fn requirements(adapter: &wgpu::Adapter) -> Result<Requirements> {
    let name = adapter.get_info().name;
    let flags = adapter.get_downlevel_capabilities().flags;
    if !flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS) {
        return Err(failed(&name, "asking for a device", "it has no compute shaders"));
    }
    let has = adapter.limits();
    enough(&name, &has)?;
    let limits = wgpu::Limits {
        max_buffer_size: has.max_buffer_size,
        max_storage_buffer_binding_size: has.max_storage_buffer_binding_size,
        max_compute_workgroups_per_dimension: has.max_compute_workgroups_per_dimension,
        ..wgpu::Limits::default()
    };
    Ok(Requirements {
        features: wgpu::Features::empty(),
        optional: adapter.features() & wgpu::Features::TEXTURE_FORMAT_16BIT_NORM,
        // An adapter below wgpu's defaults gives what it has.
        limits: limits.or_worse_values_from(&has),
    })
}

/// Refuses a device that was made with too little for any op.
pub(super) fn check(device: &wgpu::Device) -> Result<()> {
    enough(&device.adapter_info().name, &device.limits())
}

fn enough(name: &str, has: &wgpu::Limits) -> Result<()> {
    let rows = [
        ("storage buffers of a shader", has.max_storage_buffers_per_shader_stage, 3),
        ("uniform buffers of a shader", has.max_uniform_buffers_per_shader_stage, 3),
        ("invocations of a workgroup", has.max_compute_invocations_per_workgroup, 256),
        ("workgroup size in x", has.max_compute_workgroup_size_x, 16),
        ("workgroup size in y", has.max_compute_workgroup_size_y, 16),
    ];
    for (what, has, needs) in rows {
        if has < needs {
            return Err(Error::Limit {
                what: format!("bytelens on {name}: {what}"),
                got: needs.to_string(),
                limit: has.to_string(),
                hint: "make the device with the limits that `requirements` names".to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{enough, requirements};
    use crate::device::gpu::testing::gpu_adapter;

    #[test]
    fn a_device_can_be_made_with_what_is_asked_for() {
        let adapter = gpu_adapter();
        let wanted = requirements(&adapter).expect("compute shaders");
        let mine = wgpu::Limits { max_bind_groups: 3, ..wgpu::Limits::default() };
        let mine = wgpu::DeviceDescriptor {
            label: Some("theirs"),
            required_features: adapter.features() & wgpu::Features::TIMESTAMP_QUERY,
            required_limits: mine,
            ..Default::default()
        };
        let both = wanted.added_to(mine.clone());
        assert!(both.required_features.contains(mine.required_features));
        assert_eq!(both.label, Some("theirs"));
        let request = pollster::block_on(adapter.request_device(&both));
        let (device, _) = request.expect("limits that the adapter has");
        let (limits, has) = (device.limits(), adapter.limits());
        assert_eq!(limits.max_buffer_size, has.max_buffer_size);
        let binding = limits.max_storage_buffer_binding_size;
        assert_eq!(binding, has.max_storage_buffer_binding_size);
    }

    #[test]
    fn a_device_that_is_too_small_is_told_what_to_ask_for() {
        assert!(enough("any", &wgpu::Limits::downlevel_defaults()).is_ok());
        let error = enough("webgl", &wgpu::Limits::downlevel_webgl2_defaults());
        let message = error.expect_err("it has no storage buffers").to_string();
        assert!(
            message.contains("storage buffers") && message.contains("requirements"),
            "{message}"
        );
    }
}
