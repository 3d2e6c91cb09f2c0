// Opens files that were encrypted before they were sent, with the browser's own cryptography (docs/encryption.md).
export const CHUNK = 16384;
export const SEALED = CHUNK + 16;

const INTRO = 'chunkupload-encrypted/v1';
const SALT = 24;
const PREFIX = SALT + 32;
const MOST_HEADER = 65536;

const text = (string) => new TextEncoder().encode(string);
const fromBase64 = (string) => Uint8Array.from(atob(string.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));

/** What is wrong, in a sentence for people. */
export class EncryptionError extends Error {}

/** The key in the fragment of an address; null: there is none. */
export function keyOf(hash) {
  const found = /(?:^#|&)key=([\w-]{22})(?:&|$)/.exec(hash);
  return found && fromBase64(found[1]);
}

/**
 * Reads the beginning of a file. Null: it takes more bytes.
 * @param {Uint8Array} key
 * @param {Uint8Array} bytes
 */
export async function open(key, bytes) {
  const letters = new TextDecoder('latin1').decode(bytes.subarray(0, MOST_HEADER));
  if (!letters.startsWith(`${INTRO}\n`.slice(0, letters.length))) throw new EncryptionError('This file is not encrypted.');
  const mac = /^(?:.*\n)+?---(?= ([A-Za-z0-9+/]{43})\n)/.exec(letters);
  if (!mac) {
    if (bytes.length >= MOST_HEADER) throw new EncryptionError('The header of this file is damaged.');
    return null;
  }

  const start = mac[0].length + 1 + mac[1].length + 1;
  if (bytes.length < start + PREFIX) return null;
  const secret = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveKey']);
  const check = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: text('header') }, secret,
    { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['verify']);
  if (!await crypto.subtle.verify('HMAC', check, fromBase64(mac[1]), bytes.subarray(0, mac[0].length))) {
    throw new EncryptionError('The key in this address does not open this file. Ask for the whole address, with all that follows the #.');
  }

  const salt = bytes.subarray(start, start + SALT);
  const derived = await derive(key, salt, 'content');
  if (derived.commitment.some((byte, i) => byte !== bytes[start + SALT + i])) {
    throw new EncryptionError('This file is encrypted under another key than its header has.');
  }

  return { start: start + PREFIX, cipher: derived };
}

/** Decrypts the chunk with this index; one that was changed, moved or cut fails. */
export async function decrypt(cipher, index, chunk) {
  const nonce = cipher.nonce.slice();
  const low = new DataView(nonce.buffer, 4);
  low.setBigUint64(0, low.getBigUint64(0) ^ BigInt(index));
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, cipher.key, chunk));
  } catch {
    throw new EncryptionError(`This file is damaged, or somebody changed it, at byte ${index * CHUNK}. Nothing of it was kept.`);
  }
}

/** The name that was encrypted, or this very name. */
export async function nameOf(key, name) {
  if (!/^[\w-]{54,255}$/.test(name)) return name;
  // Older clients have not padded names.
  for (const context of ['padded name', 'name']) {
    try {
      const bytes = fromBase64(name);
      return new TextDecoder('utf-8', { fatal: true }).decode(
        await decrypt(await derive(key, bytes.subarray(0, SALT), context), 0, bytes.subarray(SALT))).replace(/\0+$/, '');
    } catch {
      // It was encrypted in the other way, or not at all.
    }
  }
  return name;
}

// HKDF-Expand with SHA-512, of which the first block suffices. WebCrypto's own begins with an extraction.
async function derive(key, salt, context) {
  const secret = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-512' }, false, ['sign']);
  const info = [...text('c2sp.org/chunked-encryption@v1+AEAD_AES_128_GCM\0'), ...salt, ...text(context), 1];
  const block = new Uint8Array(await crypto.subtle.sign('HMAC', secret, Uint8Array.from(info)));
  return {
    key: await crypto.subtle.importKey('raw', block.subarray(0, 16), 'AES-GCM', false, ['decrypt']),
    nonce: block.slice(16, 28),
    commitment: block.slice(28, 60),
  };
}
