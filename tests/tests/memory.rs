//! No secret is left in memory that was given back.
//!
//! An allocator looks at every block that is freed, and counts those that still hold the marker of a secret.
#![allow(unsafe_code, reason = "an allocator cannot be written without it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use huaweicloud_auth::{Auth, Secret};
use swr_client::types::TempCredential;

/// No other text of this program holds it, so it is put together when it is needed.
const MARKER: [u8; 16] = *b"mArKeRoFaSeCrEt7";

struct Watching;

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator unchanged; blocks are only looked at before that.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is the caller's until it is passed on, and every block was zeroed when it was made.
        let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
        if bytes.windows(MARKER.len()).any(|window| window == MARKER) {
            LEFT.with(|left| left.set(left.get() + 1));
        }
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// How many freed blocks still held the marker.
fn left(work: impl FnOnce()) -> usize {
    let before = LEFT.with(Cell::get);
    work();
    LEFT.with(Cell::get) - before
}

fn marker() -> String {
    String::from_utf8(MARKER.to_vec()).unwrap()
}

#[test]
fn the_allocator_sees_what_is_left() {
    assert_eq!(left(|| drop(marker())), 1);
    assert_eq!(left(|| drop(format!("{:0>40}", "x"))), 0);
}

#[test]
fn a_dropped_secret_is_overwritten() {
    assert_eq!(left(|| drop(Secret::from(marker()))), 0);
    assert_eq!(left(|| drop(Secret::from(marker()).clone())), 0);
}

#[test]
fn dropped_credentials_leave_neither_keys_nor_tokens() {
    assert_eq!(left(|| drop(Auth::ak_sk("AK", marker()).unwrap())), 0);
    assert_eq!(left(|| drop(Auth::ak_sk("AK", "SK").unwrap().security_token(marker()).unwrap().project("p"))), 0);
    assert_eq!(left(|| drop(Auth::token(marker()).unwrap())), 0);
    // Put together before the measurement, because the parts leave traces of their own.
    let refused = format!("{}\n", marker());
    assert_eq!(left(|| drop(Auth::token(refused).unwrap_err())), 0);
}

#[test]
fn a_decoded_password_is_overwritten_with_its_credential() {
    // The bytes of the answer are the caller's here; they outlive the measurement.
    let body = format!(r#"{{"auth_token":"{}","user_id":"u"}}"#, marker());
    let wrong = format!(r#"{{"auth_token":["{}"],"user_id":"u"}}"#, marker());
    assert_eq!(left(|| drop(serde_json::from_str::<TempCredential>(&body).unwrap())), 0);
    assert_eq!(left(|| assert!(serde_json::from_str::<TempCredential>(&wrong).is_err())), 0);
}
