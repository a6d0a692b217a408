//! Signals: the first one ends the work in good order, the second one at once.
//!
//! It knows the temporary files, so that even an end at once leaves none behind.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

use bytelens::batch::temporary::Temporaries;

/// Whether the work shall end, and what must not be left behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Interrupt {
    is_set: Arc<AtomicBool>,
    temporaries: Temporaries,
}

impl Interrupt {
    /// Listens for SIGINT and SIGTERM from here on.
    pub(super) fn listen() -> io::Result<Self> {
        let interrupt = Self::default();
        interrupt.clone().spawn()?;
        Ok(interrupt)
    }

    #[cfg(unix)]
    fn spawn(self) -> io::Result<()> {
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        let listen = move || {
            for _ in signals.forever() {
                if self.is_set.swap(true, Ordering::SeqCst) {
                    // Held until the end, so that no other temporary file is made.
                    let _held = self.temporaries.remove_all();
                    signal_hook::low_level::exit(i32::from(crate::stop::INTERRUPTED));
                }
            }
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(listen).map(drop)
    }

    #[cfg(not(unix))]
    fn spawn(self) -> io::Result<()> {
        for signal in [SIGINT, SIGTERM] {
            let code = i32::from(crate::stop::INTERRUPTED);
            let is_set = Arc::clone(&self.is_set);
            signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&is_set))?;
            signal_hook::flag::register(signal, is_set)?;
        }
        Ok(())
    }

    /// Returns whether the work shall end.
    pub(super) fn is_set(&self) -> bool {
        self.is_set.load(Ordering::SeqCst)
    }

    /// Returns the temporary files, which an end at once removes.
    pub(super) fn temporaries(&self) -> &Temporaries {
        &self.temporaries
    }
}
