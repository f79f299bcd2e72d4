import { ECDSA } from "../browser/ecdsa.js";
import { sha256Hex32 } from "../browser/hash.js";

/** Public key as an uncompressed point; signature as r and s. */
export const KEY_BYTES = 65;
export const SIGNATURE_BYTES = 64;

const DATABASE = "shoal";
const STORE = "keys";
const PERM_KEY = "perm";

/** A browser's persistent identity towards other viewers (SYSTEMS TR6): a key pair whose private half cannot be read, by nobody. */
export class PermKey {
  private constructor(
    readonly publicKey: Uint8Array<ArrayBuffer>,
    /** PermID: the first 128 bits of SHA-256 over the public key, as 32 hex digits. */
    readonly id: string,
    private readonly privateKey: CryptoKey,
  ) {}

  static async of({ publicKey, privateKey }: CryptoKeyPair): Promise<PermKey> {
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
    return new PermKey(raw, await permIdOf(raw), privateKey);
  }

  async sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.sign(ECDSA, this.privateKey, bytes));
  }
}

export const permIdOf = (publicKey: Uint8Array): Promise<string> => sha256Hex32(publicKey);

let current: Promise<PermKey> | undefined;

/** This browser's, made at the first call. Where nothing can be stored it lives as long as the page. */
export const permKey = (): Promise<PermKey> => (current ??= load());

/** The next {@link permKey} is a new one, that nobody can connect with this. Sessions that run keep theirs to their end. */
export async function forgetPermKey(): Promise<void> {
  current = undefined;
  await inStore((store) => store.delete(PERM_KEY));
}

async function load(): Promise<PermKey> {
  try {
    const stored = await inStore((store) => store.get(PERM_KEY));
    if (stored) return await PermKey.of(stored as CryptoKeyPair);
    const made = await makeKeys();
    try {
      await inStore((store) => store.add(made, PERM_KEY));
      return await PermKey.of(made);
    } catch {
      // Another tab was faster: one browser, one key.
      return await PermKey.of((await inStore((store) => store.get(PERM_KEY))) as CryptoKeyPair);
    }
  } catch {
    return PermKey.of(await makeKeys());
  }
}

const makeKeys = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(ECDSA, false, ["sign", "verify"]);

function inStore(act: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => reject(opening.error ?? new Error("no database"));
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(STORE, "readwrite");
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => {
        database.close();
        resolve(request.result);
      };
      transaction.onabort = () => {
        database.close();
        reject(transaction.error ?? new Error("aborted"));
      };
    };
  });
}
