//! Keeps one driver's complaint out of our talk.
//!
//! Mesa's device-select layer writes `error: XDG_RUNTIME_DIR is invalid` to standard error wherever
//! there is no desktop session: in containers, over ssh, in cron. It is no error of ours and none of
//! the user's, and the layer can be switched off from outside the process alone.

/// Starts the command again without that layer, where it would complain.
///
/// The process stays the same one: its number, its streams and its arguments are kept.
#[cfg(target_os = "linux")]
pub(crate) fn device_select() {
    use std::env;
    use std::os::unix::process::CommandExt;

    const SWITCH: &str = "NODEVICE_SELECT";
    if env::var_os(SWITCH).is_some() || env::var_os("XDG_RUNTIME_DIR").is_some() {
        return;
    }
    let Ok(this) = env::current_exe() else { return };
    // Comes back only where it failed; then the complaint is the lesser evil.
    let _ = std::process::Command::new(this).args(env::args_os().skip(1)).env(SWITCH, "1").exec();
}

/// There is no such layer here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn device_select() {}
