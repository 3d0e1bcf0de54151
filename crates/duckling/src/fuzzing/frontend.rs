//! Frontend messages: any bytes are a message or an error; a message built by the grammar is read as built, and
//! not at all when it is cut or goes on.

use wire::frontend::{Bind, Format, Frontend, Header, Target};

use super::Source;

/// One message: its type byte and its body.
pub fn frontend(data: &[u8]) {
    if let Some((head, _)) = data.split_first_chunk::<{ Header::LENGTH_BYTES }>()
        && let Ok(header) = Header::decode(*head, 1 << 20)
    {
        assert!(header.body_bytes <= 1 << 20);
    }
    if let Some((kind, body)) = data.split_first() {
        let _ = Frontend::decode(*kind, body);
    }
    built(&mut Source::new(data));
}

fn built(source: &mut Source<'_>) {
    let texts = [source.text(12), source.text(60)];
    let data = source.bytes(100);
    let message = message(source, &texts, data);
    let (kind, mut body) = bytes_of(&message);
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    let head = [kind, length[0], length[1], length[2], length[3]];
    assert_eq!(Header::decode(head, 1 << 20), Ok(Header { kind, body_bytes: body.len() }));
    assert_eq!(Frontend::decode(kind, &body).as_ref(), Ok(&message));
    if !matches!(message, Frontend::CopyData { .. } | Frontend::Password { .. } | Frontend::FunctionCall) {
        if !body.is_empty() {
            let cut = source.below(body.len());
            assert!(Frontend::decode(kind, &body[..cut]).is_err(), "{message:?} cut at {cut}");
        }
        let more = [&body[..], &[0]].concat();
        assert!(Frontend::decode(kind, &more).is_err(), "{message:?} with a byte more");
    }
    source.damage(&mut body);
    let _ = Frontend::decode(kind, &body);
}

fn message<'m>(source: &mut Source<'_>, texts: &'m [String; 2], data: &'m [u8]) -> Frontend<'m> {
    let [name, text] = texts;
    let target = if source.flag() { Target::Statement } else { Target::Portal };
    match source.below(13) {
        0 => Frontend::Query { sql: text },
        1 => {
            let count = source.below(6);
            let parameter_oids = (0..count).map(|_| source.number()).collect();
            Frontend::Parse { name, sql: text, parameter_oids }
        }
        2 => Frontend::Describe { target, name },
        3 => Frontend::Execute { portal: name, max_rows: source.number() },
        4 => Frontend::Close { target, name },
        5 => Frontend::Flush,
        6 => Frontend::Sync,
        7 => Frontend::CopyData { data },
        8 => Frontend::CopyDone,
        9 => Frontend::CopyFail { message: text },
        10 => Frontend::Password { data },
        11 => Frontend::Terminate,
        _ => {
            let mut parameters = Vec::new();
            for _ in 0..source.below(6) {
                let start = source.below(data.len() + 1);
                parameters.push(source.flag().then(|| &data[start..]));
            }
            let parameter_formats = formats(source);
            let result_formats = formats(source);
            Frontend::Bind(Bind {
                portal: name,
                statement: text,
                parameter_formats,
                parameters,
                result_formats,
            })
        }
    }
}

fn formats(source: &mut Source<'_>) -> Vec<Format> {
    (0..source.below(5)).map(|_| if source.flag() { Format::Binary } else { Format::Text }).collect()
}

fn bytes_of(message: &Frontend<'_>) -> (u8, Vec<u8>) {
    match message {
        Frontend::Query { sql } => (b'Q', text(sql)),
        Frontend::Parse { name, sql, parameter_oids } => {
            let oids = parameter_oids.iter().map(|oid| oid.to_be_bytes().to_vec());
            (b'P', [text(name), text(sql), counted(oids)].concat())
        }
        Frontend::Bind(bind) => {
            let parameters = bind.parameters.iter().map(|parameter| match parameter {
                None => (-1_i32).to_be_bytes().to_vec(),
                Some(value) => [&u32::try_from(value.len()).unwrap().to_be_bytes()[..], value].concat(),
            });
            let codes = |formats: &[Format]| {
                counted(formats.iter().map(|format| vec![0, u8::from(*format == Format::Binary)]))
            };
            let (portal, statement) = (text(bind.portal), text(bind.statement));
            let (first, last) = (codes(&bind.parameter_formats), codes(&bind.result_formats));
            (b'B', [portal, statement, first, counted(parameters), last].concat())
        }
        Frontend::Describe { target, name } => (b'D', [kind(*target), text(name)].concat()),
        Frontend::Execute { portal, max_rows } => {
            (b'E', [text(portal), max_rows.to_be_bytes().to_vec()].concat())
        }
        Frontend::Close { target, name } => (b'C', [kind(*target), text(name)].concat()),
        Frontend::Flush => (b'H', Vec::new()),
        Frontend::Sync => (b'S', Vec::new()),
        Frontend::FunctionCall => (b'F', Vec::new()),
        Frontend::CopyData { data } => (b'd', data.to_vec()),
        Frontend::CopyDone => (b'c', Vec::new()),
        Frontend::CopyFail { message } => (b'f', text(message)),
        Frontend::Password { data } => (b'p', data.to_vec()),
        Frontend::Terminate => (b'X', Vec::new()),
    }
}

fn text(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

fn kind(target: Target) -> Vec<u8> {
    vec![if target == Target::Statement { b'S' } else { b'P' }]
}

fn counted(items: impl ExactSizeIterator<Item = Vec<u8>>) -> Vec<u8> {
    let count = u16::try_from(items.len()).unwrap().to_be_bytes().to_vec();
    std::iter::once(count).chain(items).flatten().collect()
}
