//! Each flavour, asked as its clients ask and refused as it refuses.

mod compatible;
mod kokoro;
mod official;
