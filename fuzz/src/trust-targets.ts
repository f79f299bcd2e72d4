import { generateKeyPairSync, sign } from "node:crypto";
import { concat, ofHex } from "../../sdk/src/credentials/bytes.js";
import { checkTicket, CHANNEL_TICKET_BYTES } from "../../sdk/src/credentials/channel-ticket.js";
import { decodeGreeting, encodeGreeting } from "../../sdk/src/credentials/greeting.js";
import { KEY_BYTES, SIGNATURE_BYTES } from "../../sdk/src/credentials/perm-key.js";
import { fingerprintOf } from "../../sdk/src/credentials/proof.js";
import { decodeManifest, encodeManifest } from "../../sdk/src/manifest/layout.js";
import { openManifest } from "../../sdk/src/manifest/manifest.js";
import { playlistId } from "../../sdk/src/manifest/names.js";
import type { ChunkHash } from "../../sdk/src/protocol/ids.js";
import { TicketOffice } from "../../signaling-server/src/ticket-office.js";
import { Holder, jwt, SECRET } from "../../signaling-server/test/site.js";
import { mutated, noise, same } from "./byte-mutation.js";
import { type Chance, chanceOf, pick } from "./chance.js";
import { stateless, type Target, type Verdict } from "./target.js";

/** HELLO, PROOF, TICKET: what peers say before anything else. */
export function greetingTarget(seed: number): Target {
  const chance = chanceOf(seed, -2);
  const some = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, () => chance(256));
  const corpus = [0, CHANNEL_TICKET_BYTES].flatMap((length) => [
    encodeGreeting({ type: "hello", nonce: some(16), key: some(KEY_BYTES), ticket: some(length) }),
    encodeGreeting({ type: "proof", signature: some(SIGNATURE_BYTES) }),
    encodeGreeting({ type: "ticket", ticket: some(CHANNEL_TICKET_BYTES) }),
  ]);
  return stateless("greeting", 10, (luck) => {
    const input = luck(8) === 0 ? noise(luck) : mutated(corpus, luck);
    const greeting = decodeGreeting(input);
    const of = ["hello", "proof", "ticket"][input[2] ?? 3] ?? "unknown";
    if (greeting === undefined) return { of, refusal: "no greeting" };
    if (!same(encodeGreeting(greeting), input)) throw new Error("encodes to other bytes than it was parsed from");
    return { of };
  });
}

/** The certificate's fingerprint in a description. */
export function fingerprintTarget(): Target {
  const lines = ["v=0", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", `a=fingerprint:sha-256 ${"AB:".repeat(31)}CD`, `a=fingerprint:sha-1 ${"ab:".repeat(19)}cd`, "a=fingerprint:", "a=fingerprint:x y", `a=fingerprint:z ${":".repeat(400)}`];
  return stateless("fingerprint", 5, (chance) => {
    const sdp = Array.from({ length: chance(6) }, () => pick(lines, chance).slice(chance(4) === 0 ? chance(20) : 0)).join(pick(["\r\n", "\n", " "], chance));
    const found = fingerprintOf(sdp);
    if (found !== undefined && found.length >= 256) throw new Error("longer than any hash");
    return found === undefined ? { of: "description", refusal: "no fingerprint, or two" } : { of: "description" };
  });
}

/** A manifest whose signature was good: what is in it is still the publisher's, who may be anybody. */
export function manifestTarget(seed: number): Target {
  const chance = chanceOf(seed, -3);
  const corpus = Array.from({ length: 50 }, () => encodeManifest(someContent(chance, "0123456789abcdef0123456789abcdef")));
  return stateless("manifest", 15, (luck) => {
    const input = luck(16) === 0 ? noise(luck) : mutated(corpus, luck);
    const content = decodeManifest(input);
    if ("type" in content) return { of: "manifest", refusal: content.reason };
    if (!same(encodeManifest(content), input)) throw new Error("encodes to other bytes than it was parsed from");
    return { of: "manifest" };
  });
}

/** Whole manifest files: nothing but what was signed passes. */
export async function signedManifestTarget(seed: number): Promise<Target> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const chance = chanceOf(seed, -4);
  const playlist = await playlistId("720p/index.m3u8");
  const expected = { contentKey: publicKey.export({ format: "jwk" }).x ?? "", streamUrl: "https://cdn.example/film/master.m3u8", playlistUrl: "https://cdn.example/film/720p/index.m3u8" };
  const corpus = Array.from({ length: 20 }, () => encodeManifest(someContent(chance, playlist))).map((body) => new Uint8Array(concat(body, sign(null, body, privateKey))));
  return stateless("signed manifest", 0.5, async (luck) => {
    const input = mutated(corpus, luck);
    const opened = await openManifest(input, expected);
    const isTrue = corpus.some((file) => same(file, input));
    return judged({ of: "signed manifest", ...(opened.type === "manifest" ? {} : { refusal: opened.code }) }, isTrue);
  });
}

/** Channel tickets over a data channel: nothing but what the tracker signed for this swarm, peer and key opens. */
export async function ticketTarget(): Promise<Target> {
  const issuer = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
  const [swarm, peer, permId] = ["0123456789abcdef0123456789abcdef", "0123456789abcdef", "fedcba9876543210fedcba9876543210"];
  const body = concat("shoal ticket\0\u0001", ofHex(swarm), ofHex(peer), ofHex(permId), ofHex("0fffffffffff"));
  const ticket = concat(body, new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, issuer.privateKey, body)));
  const holder = { swarm, peer, permId, issuers: [new Uint8Array(await crypto.subtle.exportKey("raw", issuer.publicKey))], nowMs: 1_700_000_000_000 };
  return stateless("channel ticket", 0.5, async (chance) => {
    const input = new Uint8Array(mutated([ticket], chance));
    const result = await checkTicket(input, holder);
    return judged({ of: "channel ticket", ...(typeof result === "number" ? {} : { refusal: result }) }, same(input, ticket));
  });
}

/** The site's tickets as strangers show them to the signaling server: none but what the site has signed for this swarm, by who has the key. */
export async function siteTicketTarget(): Promise<Target> {
  const [office, holder] = [await TicketOffice.open({ algorithms: ["HS256"], key: new TextEncoder().encode(SECRET) }), await Holder.create()];
  const join = await holder.join(1, await jwt({ exp: Math.floor(Date.now() / 1000) + 80_000 }));
  const { ticket } = join;
  if (ticket === undefined) throw new Error("no ticket");
  const fields = ["jwt", "key", "proof"] as const;
  return stateless("site ticket", 0.5, async (chance) => {
    const field = pick(fields, chance);
    const text = Buffer.from(mutated([Buffer.from(ticket[field])], chance)).toString("latin1");
    const verdict = await office.check({ ...join, ticket: { ...ticket, [field]: text } });
    // Other texts may say the same in base64.
    const isTrue = text === ticket[field] || (verdict.ok && Buffer.from(text, "base64url").equals(Buffer.from(ticket[field], "base64url")));
    return judged({ of: field, ...(verdict.ok ? {} : { refusal: verdict.code }) }, isTrue);
  });
}

function judged(verdict: Verdict, isTrue: boolean): Verdict {
  if ((verdict.refusal === undefined) !== isTrue) throw new Error(isTrue ? `the true one was refused: ${verdict.refusal}` : "a false one was accepted");
  return verdict;
}

function someContent(chance: Chance, playlist: string): Parameters<typeof encodeManifest>[0] {
  let sequence = chance(1000);
  const entries = Array.from({ length: chance(12) }, () => ({
    sequence: (sequence += 1 + chance(3)), name: chance(2 ** 32), sizeBytes: 1 + chance(2 ** 24), completedMs: chance(2 ** 32), root: playlist as ChunkHash,
  }));
  return { ended: chance(2) === 0, signedMs: chance(2 ** 32), playlist, entries };
}
