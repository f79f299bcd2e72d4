/** What the page has open: timers, sockets and peer connections, counted from before any other script runs. */
export interface OpenThings {
  /** Where each live timer was started. */
  readonly timers: readonly string[];
  readonly sockets: number;
  readonly connections: number;
}

const timers = new Map<number, string>();
const sockets = new Set<WebSocket>();
const connections = new Set<RTCPeerConnection>();

/** Where the data of an open connection goes. */
export interface SelectedPair {
  /** `host`, `srflx`, `prflx` or `relay`. */
  readonly local: string;
  readonly remote: string;
  readonly bytes: number;
}

/** Of each connection that has one. */
export async function selectedPairs(): Promise<SelectedPair[]> {
  const reports = await Promise.all([...connections].filter(({ connectionState }) => connectionState === "connected").map((connection) => connection.getStats()));
  return reports.flatMap((report) => {
    const all = [...report.values()] as Record<string, unknown>[];
    const byId = (id: unknown): Record<string, unknown> => all.find((entry) => entry["id"] === id) ?? {};
    return all.filter(({ type, selectedCandidatePairId }) => type === "transport" && selectedCandidatePairId !== undefined).map(({ selectedCandidatePairId }) => {
      const pair = byId(selectedCandidatePairId);
      return { local: String(byId(pair["localCandidateId"])["candidateType"]), remote: String(byId(pair["remoteCandidateId"])["candidateType"]), bytes: Number(pair["bytesSent"]) + Number(pair["bytesReceived"]) };
    });
  });
}

/** The page's own clock, which the probe itself and the viewer's measurements may use without being counted. */
export const uncountedInterval = globalThis.setInterval.bind(globalThis);

export function openThings(): OpenThings {
  return {
    timers: [...timers.values()],
    sockets: [...sockets].filter((socket) => socket.readyState !== WebSocket.CLOSED).length,
    connections: [...connections].filter((connection) => connection.signalingState !== "closed").length,
  };
}

/** Puts counting versions in the place of the browser's own. */
export function installProbe(): void {
  countTimeouts();
  countIntervals();
  globalThis.WebSocket = counted(globalThis.WebSocket, sockets);
  // A test may have taken it away.
  if (typeof RTCPeerConnection !== "undefined") globalThis.RTCPeerConnection = counted(globalThis.RTCPeerConnection, connections);
}

function counted<Made extends object, Class extends new (...args: never[]) => Made>(original: Class, made: Set<Made>): Class {
  return new Proxy(original, {
    construct(target, args, newTarget) {
      const instance = Reflect.construct(target, args, newTarget) as Made;
      made.add(instance);
      return instance;
    },
  });
}

function countTimeouts(): void {
  const { setTimeout: start, clearTimeout: stop } = globalThis;
  const counting = (callback: () => void, delayMs?: number, ...args: []): number => {
    const id = start.call(globalThis, (...given: []) => {
      timers.delete(id as unknown as number);
      callback(...given);
    }, delayMs, ...args) as unknown as number;
    timers.set(id, origin());
    return id;
  };
  globalThis.setTimeout = counting as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((id: number) => {
    timers.delete(id);
    stop.call(globalThis, id);
  }) as typeof clearTimeout;
}

function countIntervals(): void {
  const { setInterval: start, clearInterval: stop } = globalThis;
  const counting = (callback: () => void, delayMs?: number, ...args: []): number => {
    const id = start.call(globalThis, callback, delayMs, ...args) as unknown as number;
    timers.set(id, origin());
    return id;
  };
  globalThis.setInterval = counting as unknown as typeof setInterval;
  globalThis.clearInterval = ((id: number) => {
    timers.delete(id);
    stop.call(globalThis, id);
  }) as typeof clearInterval;
}

/** The caller's caller: file and line in the page. */
function origin(): string {
  return (new Error().stack ?? "").split("\n").slice(3, 6).map((line) => line.trim()).join(" < ");
}
