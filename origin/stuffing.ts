/** MPEG-TS packet length (ISO 13818-1, 2.4.3.2). */
export const TS_PACKET_BYTES = 188;

/** SDT, PAT, PMT and the first PES packet stay in front: demuxers probe for them there. */
const LEADING_PACKETS = 4;
const HEADER_BYTES = 4;
const LABEL_BYTES = 48;

/** What {@link stuff} needs. */
export interface StuffingRequest {
  /** A whole number of TS packets. */
  readonly media: Buffer;
  /** Wanted length; the result is the largest number of whole packets that fits, and always longer than `media`. */
  readonly targetBytes: number;
  /** Written into every null packet and seeds their payload: two labels never give equal bytes. */
  readonly label: string;
}

/**
 * Spreads null packets (PID 0x1fff, which demuxers skip) evenly through a TS segment, as a constant-rate multiplexer
 * does. Here they serve a second purpose: the sample loops, and the label makes each position's bytes its own, all
 * through the segment, so that a player that is handed the wrong segment can be told by its bytes.
 */
export function stuff({ media, targetBytes, label }: StuffingRequest): Buffer {
  const mediaPackets = Math.floor(media.length / TS_PACKET_BYTES);
  const packets = Math.max(Math.floor(targetBytes / TS_PACKET_BYTES), mediaPackets + 1);
  const out = Buffer.alloc(packets * TS_PACKET_BYTES);
  const nullPackets = nullPacketWriter(label);
  let used = 0;
  for (let index = 0; index < packets; index += 1) {
    const due = Math.max(LEADING_PACKETS, Math.ceil(((index + 1) * mediaPackets) / packets));
    if (used < Math.min(due, mediaPackets)) {
      media.copy(out, index * TS_PACKET_BYTES, used * TS_PACKET_BYTES, (used + 1) * TS_PACKET_BYTES);
      used += 1;
    } else {
      nullPackets(out, index * TS_PACKET_BYTES);
    }
  }
  return out;
}

/** The labels found in a stuffed segment, each once: for tests that ask which segment these bytes are. */
export function labelsOf(segment: Uint8Array): string[] {
  const labels = new Set<string>();
  for (let at = 0; at + TS_PACKET_BYTES <= segment.length; at += TS_PACKET_BYTES) {
    const pid = ((segment[at + 1] ?? 0) & 0x1f) * 256 + (segment[at + 2] ?? 0);
    if (pid !== 0x1fff) continue;
    const field = segment.subarray(at + HEADER_BYTES, at + HEADER_BYTES + LABEL_BYTES);
    labels.add(Buffer.from(field).toString("latin1").replace(/\0+$/, ""));
  }
  return [...labels];
}

function nullPacketWriter(label: string): (out: Buffer, at: number) => void {
  let state = fnv1a(label) || 1;
  return (out, at) => {
    out.writeUInt32BE(0x471fff10, at);
    out.write(label.slice(0, LABEL_BYTES), at + HEADER_BYTES, "latin1");
    for (let word = at + HEADER_BYTES + LABEL_BYTES; word < at + TS_PACKET_BYTES; word += 4) {
      // xorshift32 (Marsaglia 2003)
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      out.writeInt32LE(state, word);
    }
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash | 0;
}
