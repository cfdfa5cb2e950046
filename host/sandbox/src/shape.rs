//! What kind of file the bytes are, before anything is compiled.
//!
//! The compiler would refuse all of these too, with words for people who write compilers. The
//! four mistakes people make have answers of their own: a file that is no WebAssembly, a core
//! module where a component is wanted, a download that stopped half-way, and a file that is
//! damaged. Only section headers are read: a number of bytes, then as many to skip.

/// `\0asm`, with which every WebAssembly file begins.
const MAGIC: [u8; 4] = *b"\0asm";

/// Version and layer of a core module.
const CORE_MODULE: [u8; 4] = [1, 0, 0, 0];

/// Version and layer of a component.
const COMPONENT: [u8; 4] = [0x0d, 0, 1, 0];

/// The bytes are no component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misshapen {
    /// Not WebAssembly at all.
    NotWasm,
    /// A core module.
    CoreModule,
    /// A component or module of an encoding nobody reads.
    UnknownEncoding,
    /// The file ends inside of the section that begins at this byte.
    Truncated(usize),
    /// The header of the section at this byte makes no sense.
    Malformed(usize),
}

/// Checks that `bytes` is a whole component, as far as its outline shows.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Misshapen> {
    let Some((magic, rest)) = bytes.split_first_chunk::<4>() else {
        return Err(if MAGIC.starts_with(bytes) && !bytes.is_empty() {
            Misshapen::Truncated(0)
        } else {
            Misshapen::NotWasm
        });
    };
    if *magic != MAGIC {
        return Err(Misshapen::NotWasm);
    }
    match rest.split_first_chunk::<4>() {
        None => Err(Misshapen::Truncated(0)),
        Some((&CORE_MODULE, _)) => Err(Misshapen::CoreModule),
        Some((&COMPONENT, sections)) => check_sections(sections, bytes.len()),
        Some(_) => Err(Misshapen::UnknownEncoding),
    }
}

fn check_sections(mut rest: &[u8], total: usize) -> Result<(), Misshapen> {
    while let Some((_id, after_id)) = rest.split_first() {
        let start = total - rest.len();
        let (length, body) = length_prefix(after_id, start)?;
        rest = body.get(length..).ok_or(Misshapen::Truncated(start))?;
    }
    Ok(())
}

/// An unsigned LEB128 number of 32 bits and what follows it.
fn length_prefix(bytes: &[u8], start: usize) -> Result<(usize, &[u8]), Misshapen> {
    let mut length = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        length |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let length = u32::try_from(length).map_err(|_| Misshapen::Malformed(start))?;
            return Ok((length as usize, bytes.get(index + 1..).unwrap_or_default()));
        }
    }
    Err(if bytes.len() < 5 { Misshapen::Truncated(start) } else { Misshapen::Malformed(start) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_bytes(bytes: &[u8], expected: Result<(), Misshapen>) {
        assert_eq!(check(bytes), expected, "{bytes:?}");
    }

    fn component(sections: &[u8]) -> Vec<u8> {
        [&MAGIC[..], &COMPONENT, sections].concat()
    }

    #[test]
    fn every_kind_of_file_is_told_apart() {
        check_bytes(b"", Err(Misshapen::NotWasm));
        check_bytes(b"ID3", Err(Misshapen::NotWasm));
        check_bytes(b"\0as", Err(Misshapen::Truncated(0)));
        check_bytes(b"\0asm\x0d\0", Err(Misshapen::Truncated(0)));
        check_bytes(b"\0asm\x01\0\0\0", Err(Misshapen::CoreModule));
        check_bytes(b"\0asm\x0a\0\x01\0", Err(Misshapen::UnknownEncoding));
        check_bytes(&component(&[]), Ok(()));
        check_bytes(&component(&[0, 2, 9, 9, 1, 0]), Ok(()));
        check_bytes(&component(&[0, 2, 9, 9, 1, 3, 0]), Err(Misshapen::Truncated(12)));
        check_bytes(&component(&[0]), Err(Misshapen::Truncated(8)));
        check_bytes(&component(&[0, 0xff, 0xff, 0xff, 0xff, 0x7f]), Err(Misshapen::Malformed(8)));
    }

    proptest::proptest! {
        #[test]
        fn any_real_prefix_of_a_component_is_truncated_or_whole(
            lengths in proptest::collection::vec(0_u8..100, 0..8),
            cut in 0_usize..800,
        ) {
            let sections: Vec<u8> = lengths.iter().flat_map(|length| [vec![0, *length], vec![1; *length as usize]].concat()).collect();
            let whole = component(&sections);
            assert_eq!(check(&whole), Ok(()));
            let prefix = &whole[..cut.min(whole.len())];
            assert!(matches!(check(prefix), Ok(()) | Err(Misshapen::Truncated(_))) || prefix.is_empty());
        }

        #[test]
        fn no_bytes_at_all_bring_it_down(bytes in proptest::collection::vec(0_u8.., 0..200)) {
            let _ = check(&component(&bytes));
            let _ = check(&bytes);
        }
    }
}
