//! The stream: what a viewer of a live session is sent, and what it sends back; one format for the session
//! while it lives and for its recording. Pictures are binary messages, everything else is JSON.

mod area;
mod canvas;
mod cut;
mod deed;
mod note;
mod picture;
mod update;

pub use area::Area;
pub use canvas::Canvas;
pub use cut::{Cut, Sight};
pub use deed::{Deed, Key, Modifiers, MouseButton, MouseKind, Touch, TouchKind};
pub use note::{Hold, Note, Tab};
pub use picture::{Broken, Picture, Taken};
pub use update::{QUALITY, Update};
