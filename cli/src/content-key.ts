import { type KeyObject, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { CliError, fileErrorCode } from "./cli-error.js";

/** A publisher's Ed25519 key pair. */
export class ContentKey {
  /** The public key, 32 bytes as base64url: what viewers are given. */
  readonly contentKey: string;
  readonly #privateKey: KeyObject;

  constructor(privateKey: KeyObject) {
    this.#privateKey = privateKey;
    this.contentKey = createPublicKey(privateKey).export({ format: "jwk" }).x ?? "";
  }

  /** 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array {
    return sign(null, bytes, this.#privateKey);
  }
}

/** Makes a key pair and writes the private key, PKCS#8 PEM, for its owner's eyes only. @throws CliError */
export function makeKey(file: string): ContentKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  try {
    writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { flag: "wx", mode: 0o600 });
  } catch (error) {
    const code = fileErrorCode(error);
    if (code === "EEXIST") throw new CliError("key", `${file} exists already and is not overwritten: a lost key cannot be made again. Name another file with --out.`);
    throw new CliError("key", `The key cannot be written to ${file} (${code}); name a file in a folder that exists and is yours with --out.`);
  }
  return new ContentKey(privateKey);
}

/** @throws CliError */
export function readKey(file: string): ContentKey {
  let pem: string;
  try {
    pem = readFileSync(file, "utf8");
  } catch (error) {
    const code = fileErrorCode(error);
    throw new CliError("key", code === "ENOENT"
      ? `There is no key file ${file}; shoal keygen --out ${file} makes one.`
      : `The key file ${file} cannot be read (${code}); make it readable for this user.`);
  }
  if (/BEGIN (ENCRYPTED PRIVATE KEY|.*ENCRYPTED)/.test(pem)) throw new CliError("key", `The key in ${file} is encrypted; give one without a passphrase, such as shoal keygen makes.`);
  if (pem.includes("BEGIN PUBLIC KEY")) throw new CliError("key", `${file} holds a public key; give the private key that belongs to it.`);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new CliError("key", `${file} is no private key in PEM form; shoal keygen makes one.`);
  }
  if (key.asymmetricKeyType !== "ed25519") throw new CliError("key", `${file} holds a key of type ${key.asymmetricKeyType}, and manifests are signed with Ed25519; shoal keygen makes one.`);
  return new ContentKey(key);
}
