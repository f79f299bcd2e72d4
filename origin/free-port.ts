import { createServer } from "node:net";

import { StartError } from "./start-flags.js";

const TRIES = 20;

/** A port to listen on: the wanted one, or the next free one, told to the user through `say`. @throws StartError */
export async function freePort(
  wanted: { readonly port: number; readonly host: string; readonly purpose: string },
  say: (sentence: string) => void,
): Promise<number> {
  for (let port = wanted.port; port < wanted.port + TRIES && port <= 65_535; port += 1) {
    const problem = await tryPort(port, wanted.host);
    if (problem === undefined) {
      if (port !== wanted.port) say(`Port ${wanted.port} is taken; ${wanted.purpose} uses ${port}.`);
      return port;
    }
    if (problem === "EACCES") throw new StartError(`Port ${port} needs more rights than you have; choose one above 1023.`);
    if (problem !== "EADDRINUSE") throw new StartError(`This machine cannot listen on ${wanted.host} (${problem}); choose another --host.`);
  }
  throw new StartError(`Ports ${wanted.port} to ${wanted.port + TRIES - 1} are all taken; choose another for ${wanted.purpose}.`);
}

async function tryPort(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
