//! The stream: what a viewer of a live session is sent, and what it sends back; one format for the session
//! while it lives and for its recording.
