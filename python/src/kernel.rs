//! Kernels: a user's own WGSL, called with what its variables stand for.

use bytelens::Value;
use bytelens::kernel::{Dispatch, Like};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::device::{Device, DeviceView, view_from};
use crate::error::raised;
use crate::view::View;

/// A compute kernel in WGSL. Calling it binds its variables by name, runs it, and returns what it wrote.
///
/// `entry` chooses one of several entry points. `force` runs it on drivers that end long loops silently: say so if
/// no invocation makes more than 60,000 iterations. Raises `ValueError` where the text is not valid WGSL, with
/// line and column.
#[derive(Debug)]
#[pyclass(frozen, module = "bytelens")]
pub(crate) struct Kernel {
    kernel: bytelens::Kernel,
    force: bool,
}

#[pymethods]
impl Kernel {
    #[new]
    #[pyo3(signature = (wgsl, *, name = "wgsl", entry = None, force = false))]
    fn py_new(
        py: Python<'_>,
        wgsl: &str,
        name: &str,
        entry: Option<&str>,
        force: bool,
    ) -> PyResult<Self> {
        let read = || match entry {
            None => bytelens::Kernel::named(name, wgsl),
            Some(entry) => bytelens::Kernel::parse(name, wgsl)?.with_entry(entry),
        };
        Ok(Self { kernel: py.detach(read).map_err(raised)?, force })
    }

    /// The names of the variables that it uses, and of its overrides.
    #[getter]
    fn names(&self) -> Vec<String> {
        let variables = self.kernel.bindings().iter().map(|binding| binding.name().to_owned());
        variables.chain(self.kernel.overrides().iter().map(|it| it.name().to_owned())).collect()
    }

    /// The name of its entry point.
    #[getter]
    fn entry(&self) -> &str {
        self.kernel.entry()
    }

    /// Runs it, and returns views of what it wrote, by name.
    ///
    /// Arguments are named as the variables are. An array takes a `View`, or what can be seen as one, which is
    /// uploaded, or a `DeviceView`; uniforms and overrides take numbers, bools, and lists of them. An array that
    /// is written is made new, with zeros: like the one that `y="x"` names, of the shape that `y=(480, 640)`
    /// gives, or, if it is not mentioned, like the first array that is read. If it is given an array it is
    /// updated: a copy of it comes back changed.
    ///
    /// The first argument, which has no name, is the device; the best one unless given. Raises `ValueError` where
    /// something does not fit, `RuntimeError` where the device fails.
    #[pyo3(signature = (device = None, /, **variables))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        device: Option<&Bound<'py, Device>>,
        variables: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        self.call(py, variables, device, None, 1, Vec::new())
    }

    /// Runs it as calling does, with more to say: how many `workgroups` (x, y, z) there are, how many times it
    /// runs (`repeat`), and which pairs of variables change places after each time (`swap`).
    #[pyo3(signature = (variables = None, device = None, *, workgroups = None, repeat = 1, swap = Vec::new()))]
    #[allow(clippy::too_many_arguments, reason = "named on the other side")]
    fn call<'py>(
        &self,
        py: Python<'py>,
        variables: Option<&Bound<'py, PyDict>>,
        device: Option<&Bound<'py, Device>>,
        workgroups: Option<[u32; 3]>,
        repeat: u32,
        swap: Vec<(String, String)>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let device = match device {
            None => py.detach(Device::default_one),
            Some(device) => device.get().clone(),
        };
        let gpu = device.gpu()?.clone();
        let mut given = Vec::new();
        for (name, value) in variables.into_iter().flatten() {
            let name: String = name.extract()?;
            let value = self.given(&name, &value)?;
            given.push((name, value));
        }
        self.add_outputs(&mut given)?;
        let (kernel, force) = (self.kernel.clone(), self.force);
        let outputs = py.detach(move || {
            let mut call = kernel.call().repeat(repeat);
            if force {
                call = call.force();
            }
            for (read, written) in &swap {
                call = call.swap(read, written);
            }
            if let Some(workgroups) = workgroups {
                call = call.dispatch(Dispatch::Groups(workgroups));
            }
            for (name, value) in given {
                call = match value {
                    Given::Read(Array::Host(host)) => call.bind(&name, &gpu.upload(&host.view())?),
                    Given::Read(Array::Device(view)) => call.bind(&name, &view),
                    Given::Update(host) => call.update(&name, gpu.upload(&host.view())?),
                    Given::Output(like) => call.output(&name, like),
                    Given::Value(value) => call.set(&name, value),
                };
            }
            let outputs = call.run(&gpu)?;
            let mapped = outputs.iter().map(|(name, view)| {
                // The memory is nobody else's: it is looked at where it lies.
                Ok((name.to_owned(), view.map()?.into_buffer()?))
            });
            mapped.collect::<bytelens::Result<Vec<_>>>()
        });
        let named = PyDict::new(py);
        for (name, buffer) in outputs.map_err(raised)? {
            named.set_item(name, view_from(py, buffer)?)?;
        }
        Ok(named)
    }

    fn __repr__(&self) -> String {
        format!("<bytelens.Kernel {} ({})>", self.kernel.entry(), self.names().join(", "))
    }
}

enum Array {
    Host(bytelens::Buffer),
    Device(bytelens::DeviceView),
}

/// What a variable is given.
enum Given {
    Read(Array),
    Update(bytelens::Buffer),
    Output(Like),
    Value(Value),
}

impl Kernel {
    fn given(&self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<Given> {
        let py = value.py();
        let binding = self.kernel.bindings().iter().find(|binding| binding.name() == name);
        let is_written = binding.is_some_and(|binding| binding.access().writes());
        if let Ok(view) = value.cast::<DeviceView>() {
            let view = view.get().get().clone();
            if is_written {
                // What others hold is not written: the kernel gets a copy.
                return Ok(Given::Update(py.detach(|| view.download()).map_err(raised)?));
            }
            return Ok(Given::Read(Array::Device(view)));
        }
        if is_written {
            if let Ok(like) = value.extract::<String>() {
                return Ok(Given::Output(Like::Name(like)));
            }
            if let Ok(shape) = value.extract::<Vec<usize>>()
                && value.is_instance_of::<PyTuple>()
            {
                return Ok(Given::Output(Like::Shape(shape)));
            }
        }
        if let Some(value) = number(value)? {
            return Ok(Given::Value(value));
        }
        let host = View::of(value)?.lent(py)?;
        Ok(if is_written { Given::Update(host) } else { Given::Read(Array::Host(host)) })
    }

    /// Makes what is written and was not mentioned.
    fn add_outputs(&self, given: &mut Vec<(String, Given)>) -> PyResult<()> {
        for binding in self.kernel.bindings() {
            let is_given = given.iter().any(|(name, _)| name == binding.name());
            if is_given || !binding.access().writes() {
                continue;
            }
            let first = self.kernel.bindings().iter().find(|binding| {
                let is_it = |(name, value): &(String, Given)| {
                    name == binding.name() && matches!(value, Given::Read(_))
                };
                given.iter().any(is_it)
            });
            let Some(first) = first else {
                let name = binding.name();
                return Err(PyValueError::new_err(format!(
                    "kernel {}: {name:?} is written and nothing says how large it is; give it a shape: \
                     {name}=(480, 640)",
                    self.kernel.name()
                )));
            };
            given.push((
                binding.name().to_owned(),
                Given::Output(Like::Name(first.name().to_owned())),
            ));
        }
        Ok(())
    }
}

/// Reads numbers, bools, and lists and tuples of them; nothing of anything else.
fn number(value: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Some(Value::Bool(flag.is_true())));
    }
    if value.is_instance_of::<PyInt>() {
        let int: i64 = value.extract()?;
        return Ok(Some(Value::Int(int.into())));
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(Some(Value::Float(value.extract()?)));
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let mut items = Vec::new();
        for item in value.try_iter()? {
            let item = item?;
            items.push(number(&item)?.ok_or_else(|| {
                let got =
                    item.get_type().name().map_or_else(|_| String::new(), |it| it.to_string());
                PyTypeError::new_err(format!("expected numbers, bools or lists of them, got {got}"))
            })?);
        }
        return Ok(Some(Value::List(items)));
    }
    if value.is_instance_of::<PyString>() {
        let message = "a str names what an array that is written is like; this one is not written";
        return Err(PyTypeError::new_err(message));
    }
    Ok(None)
}
