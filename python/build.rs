//! Tells the crate which interpreter it is built for: with a lock, or without one.

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
