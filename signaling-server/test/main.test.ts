import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";

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

  it("says what is wrong in one line and exits with 1", async () => {
    const { output, exited } = run("--port", "lots");
    expect(await exited).toBe(1);
    expect(output).toEqual({ stdout: "", stderr: '--port takes a whole number from 0 to 65535, not "lots".\n' });
  });
});
