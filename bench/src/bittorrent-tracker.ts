import TrackerServer from "bittorrent-tracker/server";

export interface BittorrentTracker {
  readonly url: string;
  close(): Promise<void>;
}

/** The WebTorrent tracker that p2p-media-loader's viewers meet at. */
export async function startBittorrentTracker(): Promise<BittorrentTracker> {
  const server = new TrackerServer({ udp: false, http: false, ws: true, stats: false });
  // A page that closes in mid-announce is a warning there; without a listener it would be thrown.
  server.on("error", () => undefined).on("warning", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${server.ws.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
