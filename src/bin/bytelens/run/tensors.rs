//! Safetensors files: several arrays by name, in little-endian C order.

use bytelens::{ByteOrder, DType, Layout, View};
use safetensors::tensor::{Dtype, TensorView};

/// The element types that both sides have.
static TYPES: [(Dtype, DType); 14] = [
    (Dtype::BOOL, DType::BOOL),
    (Dtype::U8, DType::U8),
    (Dtype::I8, DType::I8),
    (Dtype::U16, DType::U16),
    (Dtype::I16, DType::I16),
    (Dtype::F16, DType::F16),
    (Dtype::BF16, DType::BF16),
    (Dtype::U32, DType::U32),
    (Dtype::I32, DType::I32),
    (Dtype::F32, DType::F32),
    (Dtype::U64, DType::U64),
    (Dtype::I64, DType::I64),
    (Dtype::F64, DType::F64),
    (Dtype::C64, DType::C64),
];

/// Returns where the arrays of a file lie in its bytes, in the order of their names.
pub(super) fn layouts(bytes: &[u8]) -> Result<Vec<(String, Layout)>, String> {
    let damaged = |problem: String| format!("safetensors: {problem}");
    let file = safetensors::SafeTensors::deserialize(bytes).map_err(|e| damaged(e.to_string()))?;
    let mut found = Vec::new();
    for (name, tensor) in file.iter() {
        let known = TYPES.iter().find(|(theirs, _)| *theirs == tensor.dtype());
        let Some((_, dtype)) = known else {
            return Err(damaged(format!("{name:?} is of {:?}, which is not read", tensor.dtype())));
        };
        // Where a part lies is the distance between its first byte and the file's.
        let start = tensor.data().as_ptr().addr().saturating_sub(bytes.as_ptr().addr());
        let layout = Layout::contiguous(dtype.with_order(ByteOrder::Little), tensor.shape());
        let layout = layout.and_then(|layout| layout.shifted(start));
        found.push((name.to_owned(), layout.map_err(|error| damaged(error.to_string()))?));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// Returns a file of arrays with their names.
pub(super) fn file(arrays: &[(&str, View<'_>)]) -> Result<Vec<u8>, String> {
    let failed = |problem: String| format!("safetensors: {problem}");
    let mut parts = Vec::new();
    for (name, view) in arrays {
        let native = view.dtype().with_order(ByteOrder::NATIVE);
        let Some((dtype, _)) = TYPES.iter().find(|(_, ours)| *ours == native) else {
            return Err(failed(format!("it has no element type {}", view.dtype())));
        };
        let little = super::read::convert(view, &native.with_order(ByteOrder::Little));
        let bytes = little.and_then(|array| array.view().to_bytes());
        let bytes = bytes.map_err(|error| failed(error.to_string()))?;
        parts.push((*name, *dtype, view.shape().to_vec(), bytes));
    }
    let mut tensors = Vec::new();
    for (name, dtype, shape, bytes) in &parts {
        let tensor = TensorView::new(*dtype, shape.clone(), bytes);
        tensors.push((*name, tensor.map_err(|error| failed(error.to_string()))?));
    }
    safetensors::serialize(tensors, None).map_err(|error| failed(error.to_string()))
}
