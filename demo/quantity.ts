/** Numbers as people read them. The space before a unit never breaks. */
const SPACE = "\u00a0";

export function bytesText(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)}${SPACE}kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)}${SPACE}MB`;
  return `${(bytes / 1e9).toFixed(2)}${SPACE}GB`;
}

export function rateText(bitsPerSecond: number): string {
  if (bitsPerSecond < 1e6) return `${Math.round(bitsPerSecond / 1e3)}${SPACE}kb/s`;
  return `${(bitsPerSecond / 1e6).toFixed(1)}${SPACE}Mb/s`;
}

/** Never 0 or 100 unless it is exactly that. */
export function percentText(share: number): string {
  const percent = share > 0 && share < 1 ? Math.min(99, Math.max(1, Math.round(share * 100))) : Math.round(share * 100);
  return `${percent}${SPACE}%`;
}

export const secondsText = (seconds: number): string => `${seconds.toFixed(1)}${SPACE}s`;

export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export const countText = (count: number, noun: string): string => `${count}${SPACE}${noun}${count === 1 ? "" : "s"}`;

/** Enough of an id to tell neighbours apart. */
export const shortPeer = (peer: string): string => peer.slice(0, 4);
