/** The part of bittorrent-tracker (which ships no types) that the bench uses. */
declare module "bittorrent-tracker/server" {
  interface TrackerOptions {
    readonly udp: boolean;
    readonly http: boolean;
    readonly ws: boolean;
    readonly stats: boolean;
  }
  class Server {
    constructor(options: TrackerOptions);
    readonly ws: { address(): { port: number } };
    on(event: "error" | "warning", listener: (error: Error) => void): this;
    listen(port: number, host: string, listener: () => void): void;
    close(callback: () => void): void;
  }
  export default Server;
}
