//! The application's side, as an application sees it.

mod device;
