// simple-peer wraps what a channel received with Buffer.from(ArrayBuffer): a view does.
exports.Buffer = { from: (data) => new Uint8Array(data) };
