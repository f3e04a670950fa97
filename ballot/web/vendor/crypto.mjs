// What the pages use of @noble/curves and @noble/hashes; bundled by scripts/build_client.
export { ed25519 } from "@noble/curves/ed25519.js";
export { pbkdf2 } from "@noble/hashes/pbkdf2.js";
export { scryptAsync } from "@noble/hashes/scrypt.js";
export { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
