//! What does an access code say about itself?

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::types::AccessCode;

impl AccessCode {
    /// When the code was created; nothing when the service does not say.
    ///
    /// The service counts nanoseconds; `create_at` keeps all their digits.
    #[must_use]
    pub fn created(&self) -> Option<SystemTime> {
        let distance = Duration::from_nanos(self.create_at?.unsigned_abs());
        if self.create_at? < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
    }
}
