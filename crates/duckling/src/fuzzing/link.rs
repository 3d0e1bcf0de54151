//! The link: control frames and batch headers, as the other process might write them should it be taken over.

use wire::{
    Diagnostic, SqlState,
    link::{
        BatchHeader, Fingerprint, FrameError, FrameReader, Greeting, Mount, SessionId, SessionLimits,
        SessionStart, Suspect, ToDuckling, ToGateway, encode_frame,
    },
};

use super::Source;

/// A stream of control frames, cut anywhere, and one batch header.
pub fn link(data: &[u8]) {
    if let Some(bytes) = data.first_chunk::<{ BatchHeader::LENGTH_BYTES }>()
        && let Some(header) = BatchHeader::decode(*bytes)
    {
        assert_eq!(header.encode(), *bytes);
    }
    any(data);
    built(&mut Source::new(data));
}

/// Whatever the bytes are, they mean the same in one piece and byte by byte.
fn any(data: &[u8]) {
    let whole = read(to_gateway, std::iter::once(data));
    assert_eq!(read(to_gateway, data.chunks(1)), whole);
    let _ = read(to_duckling, std::iter::once(data));
}

fn built(source: &mut Source<'_>) {
    let mut frames = Vec::new();
    for _ in 0..source.below(4) {
        frames.push(frame(source));
    }
    let mut bytes: Vec<u8> = frames.iter().flat_map(|frame| encode_frame(frame).unwrap()).collect();
    let pieces = source.pieces(&bytes);
    let texts: Vec<_> = frames.iter().map(|frame| format!("{frame:?}")).collect();
    assert_eq!(read(to_duckling, pieces.into_iter()), (texts, true));
    source.damage(&mut bytes);
    let _ = read(to_duckling, std::iter::once(&bytes[..]));
    let refusal = Diagnostic::error(SqlState::INTERNAL_ERROR, source.text(40)).with_hint(source.text(10));
    let failed = ToGateway::Failed { diagnostic: refusal };
    let read_again = read(to_gateway, std::iter::once(&encode_frame(&failed).unwrap()[..]));
    assert_eq!(read_again, (vec![format!("{failed:?}")], true));
}

/// Takes the next frame, printed.
type Take = fn(&mut FrameReader) -> Result<Option<String>, FrameError>;

fn to_gateway(reader: &mut FrameReader) -> Result<Option<String>, FrameError> {
    Ok(reader.next_frame::<ToGateway>()?.map(|frame| format!("{frame:?}")))
}

fn to_duckling(reader: &mut FrameReader) -> Result<Option<String>, FrameError> {
    Ok(reader.next_frame::<ToDuckling>()?.map(|frame| format!("{frame:?}")))
}

/// The frames, and whether the stream is still good.
fn read<'b>(take: Take, pieces: impl Iterator<Item = &'b [u8]>) -> (Vec<String>, bool) {
    let mut reader = FrameReader::default();
    let mut frames = Vec::new();
    for piece in pieces {
        reader.push(piece);
        loop {
            match take(&mut reader) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(_) => return (frames, false),
            }
        }
    }
    (frames, true)
}

fn frame(source: &mut Source<'_>) -> ToDuckling {
    match source.below(4) {
        0 => ToDuckling::ShutDown,
        2 => ToDuckling::Ping { number: source.number() },
        1 => ToDuckling::Configure(Box::new(configuration(source))),
        _ => ToDuckling::Open(Box::new(SessionStart {
            session: SessionId(source.number()),
            greeting: if source.flag() { Greeting::Full } else { Greeting::None },
            backend_key: source.bytes(36).to_vec(),
            database: source.text(20),
            single: source.flag(),
            read_only: source.flag(),
            user: source.text(20),
            settings: vec![(source.text(10), source.text(10))],
            notices: vec![Diagnostic::notice(SqlState::SUCCESSFUL_COMPLETION, source.text(10))],
            client_address: source.text(20),
            server_address: source.text(20),
            limits: SessionLimits {
                result_rows: source.number(),
                result_bytes: source.number(),
                statement_timeout_ms: source.number(),
                statement_text_bytes: source.number(),
                expression_depth: source.number(),
            },
        })),
    }
}

fn configuration(source: &mut Source<'_>) -> wire::link::Configuration {
    wire::link::Configuration {
        account: source.text(20),
        directory: source.text(20),
        mounts: vec![Mount { name: source.text(5), path: source.text(5), read_only: source.flag() }],
        unpublished: vec![source.text(5)],
        share_settle_ms: source.number(),
        default_database: source.text(20),
        extension_directory: source.text(20),
        extensions: vec![source.text(5)],
        memory_limit_bytes: source.number(),
        threads: source.number(),
        spill_limit_bytes: source.number(),
        disk_quota_bytes: source.number(),
        disk_reserve_bytes: source.number(),
        sessions_max: source.number(),
        stop_grace_ms: source.number(),
        suspects: vec![Suspect {
            fingerprint: Fingerprint(source.number()),
            refuse_ms: source.number(),
            crashes: source.number(),
        }],
        portal_spool_limit_bytes: source.number(),
        max_value_bytes: source.number(),
        temp_tables: source.flag(),
        secrets_by_sql: source.flag(),
        reference_profile: source.flag(),
        history: source.flag(),
        remote: None,
        sandbox: wire::link::SandboxOrder { required: source.flag(), user_id: None },
        version: source.text(20),
    }
}
