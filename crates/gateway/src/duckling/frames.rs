//! A duckling's control socket: frames, and the descriptors that travel beside them.

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{BorrowedFd, OwnedFd},
};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use tokio::{io::Interest, net::UnixStream};
use wire::link::{FrameReader, ToDuckling, ToGateway, encode_frame};

const READ_BYTES: usize = 16 * 1024;

/// The control socket with its framing.
#[derive(Debug)]
pub(super) struct Wire {
    socket: UnixStream,
    frames: FrameReader,
    /// The last descriptor that came; those before it are closed.
    descriptor: Option<OwnedFd>,
}

impl Wire {
    pub(super) fn new(socket: UnixStream) -> Self {
        Self { socket, frames: FrameReader::default(), descriptor: None }
    }

    /// The descriptor that came beside the last frame.
    pub(super) fn take_descriptor(&mut self) -> Option<OwnedFd> {
        self.descriptor.take()
    }

    /// Writes a frame; the descriptor travels with its first byte.
    pub(super) async fn send(
        &self,
        frame: &ToDuckling,
        descriptor: Option<BorrowedFd<'_>>,
    ) -> io::Result<()> {
        let bytes = encode_frame(frame).map_err(io::Error::other)?;
        let mut rest = bytes.as_slice();
        let mut descriptor = descriptor;
        while !rest.is_empty() {
            let write = || send_with(&self.socket, rest, descriptor);
            let written = self.socket.async_io(Interest::WRITABLE, write).await?;
            descriptor = None;
            rest = rest.get(written..).unwrap_or_default();
        }
        Ok(())
    }

    /// The next frame. May be dropped while it waits: nothing is lost.
    pub(super) async fn receive(&mut self) -> io::Result<ToGateway> {
        loop {
            if let Some(frame) = self.frames.next_frame().map_err(io::Error::other)? {
                return Ok(frame);
            }
            let mut bytes = vec![0; READ_BYTES];
            let receive = || receive_with(&self.socket, &mut bytes);
            let (length, descriptor) = self.socket.async_io(Interest::READABLE, receive).await?;
            self.descriptor = descriptor.or_else(|| self.descriptor.take());
            match bytes.get(..length) {
                None | Some([]) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Some(received) => self.frames.push(received),
            }
        }
    }
}

/// Bytes and at most one descriptor; the system closes further ones.
fn receive_with(socket: &UnixStream, bytes: &mut [u8]) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(socket, &mut [IoSliceMut::new(bytes)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut descriptor = None;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            descriptor = descriptors.last().or(descriptor);
        }
    }
    Ok((received.bytes, descriptor))
}

fn send_with(socket: &UnixStream, bytes: &[u8], descriptor: Option<BorrowedFd<'_>>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors = descriptor.map(|descriptor| [descriptor]);
    if let Some(descriptors) = &descriptors
        && !control.push(SendAncillaryMessage::ScmRights(descriptors))
    {
        return Err(io::Error::other("no room for a descriptor"));
    }
    Ok(sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?)
}
