// Downloads an encrypted file and decrypts it on its way: to the disk where the browser lets a page write there, else by way of memory.
import { bytes, visible } from '../console/format.js';
import { EncryptionError, SEALED, decrypt, nameOf, open } from './encryption.js';
import { tell } from './tell.js';

const MOST_IN_MEMORY = 1 << 30;
const AT_ONCE = 32;
const FIRST = 4096;
const LONGEST_PAUSE = 30_000;

const at = (id) => document.getElementById(id);

/** Offers a file that the key in this page's address opens. */
export async function showEncrypted(address, link, key) {
  const name = await nameOf(key, link.name);
  at('path').textContent = 'This file was encrypted before it was sent.';
  at('entries').hidden = true;
  if (!isSecureContext || !globalThis.crypto?.subtle) {
    at('all').hidden = true;
    tell('Browsers decrypt only on pages that came over https, and this one did not. Open the address with https, or fetch it with '
      + `"cu get", which decrypts, too.`);
    return;
  }

  const toDisk = 'showSaveFilePicker' in globalThis;
  if (!toDisk && link.size > MOST_IN_MEMORY) {
    at('all').hidden = true;
    tell(`This browser cannot write to the disk while it decrypts, so it opens files of at most ${bytes(MOST_IN_MEMORY)}. Use Chrome or `
      + `Edge on a computer, or "cu get".`);
    return;
  }

  const button = at('all');
  button.removeAttribute('download');
  button.setAttribute('role', 'button');
  button.href = '#';
  button.textContent = `Download ${visible(name)} (${bytes(link.size)})`;
  // Where only some downloads are allowed, a look at the key would be one of them.
  if (!link.limited) await checkKey(address, key, button);
  if (button.hidden) return;
  at('path').textContent += ' Your browser opens it with the key in this address, which no service gets to see.';
  let busy = false;
  button.addEventListener('click', async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    tell();
    try {
      await save(address, link, name, key, toDisk);
    } catch (failure) {
      // Whoever closes the dialog has changed their mind.
      if (failure.name !== 'AbortError') tell(sentence(failure));
    }

    busy = false;
  });
}

async function checkKey(address, key, button) {
  try {
    const answer = await fetch(address, { headers: { Range: `bytes=0-${FIRST - 1}` }, cache: 'no-store' });
    if (answer.ok) await open(key, new Uint8Array(await answer.arrayBuffer()));
  } catch (failure) {
    // A network that broke is told when the file is fetched.
    if (!(failure instanceof EncryptionError)) return;
    button.hidden = true;
    tell(failure.message);
  }
}

async function save(address, link, name, key, toDisk) {
  const handle = toDisk ? await showSaveFilePicker({ suggestedName: name.replace(/[\\/:*?"<>|]/g, '_') }) : null;
  const file = handle && await handle.createWritable();
  const parts = [];
  show(0, link.size);
  try {
    await fetchAll(address, link.size, key, async (part, done) => {
      if (file) await file.write(part);
      else parts.push(part);
      show(done, link.size);
    });
    await file?.close();
  } catch (failure) {
    // What was not verified to its end is no file.
    await file?.abort().catch(() => {});
    at('opening').hidden = true;
    throw failure;
  }

  at('opened').textContent = file ? 'Decrypted and saved' : 'Decrypted';
  if (!file) {
    const url = URL.createObjectURL(new Blob(parts));
    const anchor = Object.assign(document.createElement('a'), { href: url, download: name });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}

/** Passes on the text in order, each part verified; a connection that breaks goes on behind what came. */
async function fetchAll(address, size, key, take) {
  let held = new Uint8Array();
  let [offset, index, tag, pause, file] = [0, 0, null, 1000, null];
  let last = false;
  while (offset < size) {
    const before = offset;
    try {
      const headers = { Range: `bytes=${offset}-`, ...(tag ? { 'If-Match': tag } : {}) };
      const answer = await fetch(address, { headers, cache: 'no-store' });
      if (answer.status === 412) throw new EncryptionError('The file was replaced meanwhile. Download it again.');
      if (!answer.ok) throw new EncryptionError((await answer.json()).detail ?? 'The service does not send this file.');
      if (answer.status !== 206 && offset > 0) throw new EncryptionError('The service cannot go on with a download that broke.');
      tag = answer.headers.get('ETag');
      for await (const piece of pieces(answer.body)) {
        offset += piece.length;
        held = joined(held, piece);
        if (!file) {
          file = await open(key, held);
          if (!file) continue;
          held = held.subarray(file.start);
        }

        await pass(held.length - (held.length % SEALED));
      }
    } catch (failure) {
      if (failure instanceof EncryptionError || failure.name !== 'TypeError') throw failure;
    }

    if (offset >= size) break;
    pause = offset > before ? 1000 : Math.min(pause * 2, LONGEST_PAUSE);
    at('opened').textContent = 'The connection broke. It goes on by itself.';
    await new Promise((go) => { setTimeout(go, pause); });
  }

  if (!file) throw new EncryptionError('The header of this file is damaged.');
  await pass(held.length);
  // The last chunk is always shorter: without it, something was cut off.
  if (!last) throw new EncryptionError('This file was cut off. Nothing of it was kept.');

  async function pass(length) {
    for (let from = 0; from < length; from += AT_ONCE * SEALED) {
      const chunks = [];
      for (let start = from; start < Math.min(length, from + (AT_ONCE * SEALED)); start += SEALED) {
        const chunk = held.subarray(start, Math.min(start + SEALED, length));
        if (last) throw new EncryptionError('Something follows the end of this file. Nothing of it was kept.');
        last = chunk.length < SEALED;
        chunks.push(decrypt(file.cipher, index++, chunk));
      }

      for (const part of await Promise.all(chunks)) await take(part, offset);
    }

    held = held.slice(length);
  }
}

async function* pieces(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function joined(first, second) {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function show(done, size) {
  at('opening').hidden = false;
  at('opened').textContent = `${bytes(done)} of ${bytes(size)}`;
  at('opening-bar').value = size > 0 ? done / size : 0;
}

const sentence = (failure) => (failure instanceof EncryptionError
  ? failure.message
  : `The file could not be saved: ${failure.message}`);
