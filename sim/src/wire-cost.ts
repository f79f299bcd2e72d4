/** Payload of one packet, and what goes around it: SCTP, DTLS, UDP and IPv4 headers. A full chunk pays 8.5 %. */
const PACKET_BYTES = 1_171;
const HEADER_BYTES = 100;
/** A selective acknowledgement for every other packet: 5 % of a full chunk. It is charged to the sender, who gets as many as it gives. */
const ACK_BYTES = 58;
/** TCP, TLS and IP on the way from the origin. */
export const HTTP_OVERHEAD = 1.04;
/** What a viewer sends for that: a request with its headers, and an acknowledgement of 66 bytes for every other packet of a chunk. */
export const HTTP_REQUEST_BYTES = 600;
export const HTTP_ACK_BYTES = 6 * 66;

export const packets = (bytes: number): number => Math.ceil(bytes / PACKET_BYTES);

/** Bytes on the wire of a message of `bytes`. */
export const wireBytes = (bytes: number): number => bytes + Math.ceil(bytes / PACKET_BYTES) * (HEADER_BYTES + ACK_BYTES);

export const httpBytes = (bytes: number): number => bytes * HTTP_OVERHEAD;

/** Wire bytes a payload byte costs: by it a resource index counts payload. */
export const PAYLOAD_OVERHEAD = wireBytes(16_399) / 16_384;
