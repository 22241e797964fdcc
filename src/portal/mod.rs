//! The portal: the web server, its pages and its API.
