// pg is CommonJS and asks for Node's modules by require(); in a worker they are imports.
import assert from "node:assert";
import buffer from "node:buffer";
import crypto from "node:crypto";
import dns from "node:dns";
import events from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import stream from "node:stream";
import string_decoder from "node:string_decoder";
import tls from "node:tls";
import url from "node:url";
import util from "node:util";
import utilTypes from "node:util/types";
const builtins = { assert, buffer, crypto, dns, events, fs, net, path, stream, string_decoder, tls, url, util, "util/types": utilTypes };
const require = (name) => {
  const found = builtins[name.replace("node:", "")];
  if (!found) throw new Error(`no module ${name} in this worker`);
  return found;
};
