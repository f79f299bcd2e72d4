import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { Client } from "./client.js";

// real processes on a machine that may be busy
vi.setConfig({ testTimeout: 30_000 });

function run(...argv: string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", join(import.meta.dirname, "../src/main.ts"), ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  const started = new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output.stdout += chunk.toString();
      const url = /Signaling server: (\S+)/.exec(output.stdout)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, output, started, exited };
}

describe("the command", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("serves until %s and then exits with 0", async (signal) => {
    const { child, output, started, exited } = run("--port", "0", "--host", "127.0.0.1");
    const url = await started;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    child.kill(signal);
    child.kill(signal);
    expect(await exited).toBe(0);
    expect(output.stderr).toBe("");
  });

  it("writes no address of a client anywhere, whatever clients do", async () => {
    const { child, output, started, exited } = run("--port", "0", "--host", "127.0.0.1", "--trust-proxy", "--max-connections-per-address", "3");
    const url = await started;
    const address = "203.0.113.7";
    const clients = Array.from({ length: 4 }, () => new Client(url, { extraHeaders: { "x-forwarded-for": address } }));
    expect(await Promise.race(clients.map((client) => client.next("connect_error")))).toBeInstanceOf(Error);
    const [ann, bob] = clients as [Client, Client];
    const answers = [await ann.join(1), await bob.join(2), await ann.ask("join", { peer: address }), await bob.ask("signal", { swarm: 1 }), await ann.ask("channels")];
    ann.say("what is this", {});
    ann.drop();
    await bob.next("peer-left");
    const health = await (await fetch(`${url}/healthz`)).text();
    for (const client of clients) client.close();
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    for (const text of [output.stdout, output.stderr, health, JSON.stringify(answers)]) expect(text).not.toContain("203.0.113");
    expect(health).toContain('"peers":1');
  });

  it("says what is wrong in one line and exits with 1", async () => {
    const { output, exited } = run("--port", "lots");
    expect(await exited).toBe(1);
    expect(output).toEqual({ stdout: "", stderr: '--port takes a whole number from 0 to 65535, not "lots".\n' });
  });
});
