using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    # TLS is the runtime's: what it trusts is set here, as Cloudflare sets it for its network.
    (name = "internet", network = (
      allow = ["public", "private"],
      tlsOptions = (trustBrowserCas = false, trustedCertificates = [embed "ca.pem"])
    )),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "bundle.js")],
  compatibilityDate = "2026-01-01",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [
    (name = "MOTHERDUCK_TOKEN", fromEnvironment = "MOTHERDUCK_TOKEN"),
    (name = "PGHOST", fromEnvironment = "PGHOST"),
    (name = "PGPORT", fromEnvironment = "PGPORT"),
  ],
);
