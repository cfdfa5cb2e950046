//! The plugin at its border: requests in, HTTP out, a scripted service in between.
