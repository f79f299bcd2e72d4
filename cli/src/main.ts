import { runProgram } from "./program.js";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

const output = { result: (line: string) => console.log(line), note: (line: string) => console.error(line) };
process.exitCode = await runProgram(process.argv.slice(2), output, stop.signal);
