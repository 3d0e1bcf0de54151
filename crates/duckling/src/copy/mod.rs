//! COPY from and to the client.
