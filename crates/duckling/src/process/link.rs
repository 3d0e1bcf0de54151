//! The control link: frames, and beside them the sockets of new sessions (`SCM_RIGHTS`, unix(7)).

use std::{
    collections::VecDeque,
    io::{self, IoSlice, IoSliceMut, Write},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    sync::{Arc, Mutex, PoisonError},
};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use wire::link::{FrameReader, ToDuckling, ToGateway, encode_frame};

/// The duckling's end of the control link.
pub(super) struct ControlLink {
    socket: UnixStream,
    reader: FrameReader,
    /// Sockets that came and whose Open frame has not been read yet.
    sockets: VecDeque<OwnedFd>,
    sender: Sender,
}

/// The way back to the gateway, for any thread.
#[derive(Clone)]
pub(super) struct Sender(Arc<Mutex<UnixStream>>);

impl Sender {
    pub(super) fn send(&self, frame: &ToGateway) -> io::Result<()> {
        let bytes = encode_frame(frame).map_err(io::Error::other)?;
        let mut socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        socket.write_all(&bytes)
    }

    /// Sends a frame with a descriptor beside its first byte, and closes that here.
    pub(super) fn give(&self, frame: &ToGateway, descriptor: OwnedFd) -> io::Result<()> {
        let bytes = encode_frame(frame).map_err(io::Error::other)?;
        let mut socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let descriptors = [descriptor.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
            return Err(io::Error::other("no room for a descriptor"));
        }
        let sent = sendmsg(&*socket, &[IoSlice::new(&bytes)], &mut control, SendFlags::NOSIGNAL)?;
        drop(descriptor);
        socket.write_all(bytes.get(sent..).unwrap_or_default())
    }
}

impl ControlLink {
    pub(super) fn new(socket: OwnedFd) -> io::Result<Self> {
        let socket = UnixStream::from(socket);
        let sender = Sender(Arc::new(Mutex::new(socket.try_clone()?)));
        Ok(Self { socket, reader: FrameReader::default(), sockets: VecDeque::new(), sender })
    }

    pub(super) fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// The next frame, with the socket that belongs to it; nothing when the gateway is gone.
    pub(super) fn receive(&mut self) -> io::Result<Option<(ToDuckling, Option<OwnedFd>)>> {
        loop {
            if let Some(frame) = self.reader.next_frame().map_err(io::Error::other)? {
                let socket = match frame {
                    ToDuckling::Open(_) => self.sockets.pop_front(),
                    ToDuckling::Configure(_)
                    | ToDuckling::Probe { .. }
                    | ToDuckling::Cancel { .. }
                    | ToDuckling::Trouble(_)
                    | ToDuckling::Reply { .. }
                    | ToDuckling::Share(_)
                    | ToDuckling::Secrets { .. }
                    | ToDuckling::BackUp { .. }
                    | ToDuckling::Ping { .. }
                    | ToDuckling::ShutDown => None,
                };
                return Ok(Some((frame, socket)));
            }
            let mut bytes = vec![0; 64 * 1024];
            let length = self.receive_bytes(&mut bytes)?;
            match bytes.get(..length) {
                None | Some([]) => return Ok(None),
                Some(received) => self.reader.push(received),
            }
        }
    }

    fn receive_bytes(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(64))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut slices = [IoSliceMut::new(bytes)];
        let received = loop {
            match recvmsg(&self.socket, &mut slices, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other?,
            }
        };
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(sockets) = message {
                self.sockets.extend(sockets);
            }
        }
        Ok(received.bytes)
    }
}
