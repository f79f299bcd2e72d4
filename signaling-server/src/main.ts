import { ConfigError } from "./config.js";
import { helpText, parseConfig } from "./flags.js";
import { startSignalingServer } from "./server.js";

/** Runs the server until SIGTERM or SIGINT. Exit codes: 0 stopped or help, 1 bad settings. Never logs an address of a client. */
async function main(): Promise<void> {
  const config = parseConfig(process.argv.slice(2), process.env);
  if (config === undefined) return void process.stdout.write(`${helpText()}\n`);
  const server = await startSignalingServer(config);
  process.stdout.write(`Signaling server: ${server.url} (health: ${server.url}/healthz)\n`);
  if (config.iceServers.length === 0) process.stdout.write("No STUN server is set, so only viewers of one network reach each other; --ice-servers sets some.\n");
  let stopping = false;
  const stop = async () => {
    // npm and the terminal both pass on Ctrl-C
    if (stopping) return;
    stopping = true;
    process.stdout.write("Stopping.\n");
    await server.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop());
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
});
