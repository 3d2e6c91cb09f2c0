// Sends files through a link by the upload engine of pages. What a reload interrupts goes on afterwards.
import { Problem, Uploader, filesOfInput, openMemory } from '../client/index.js';
import { bytes, percent, visible } from '../console/format.js';
import { tell } from './link.js';

const LOOK_MS = 3000;
// A person can remove the file, or choose it again.
const STOPPED = ['choose', 'paused', 'failed'];

const STATES = {
  waiting: 'waits', paused: 'paused by the receiver; goes on when they resume it', offline: 'connection lost; goes on by itself',
  held: 'goes on in a moment', verifying: 'is verified',
  'signed-out': 'not sent', failed: 'not sent', choose: 'choose this file again to go on', cancelled: 'not sent',
};

class Row {
  #state; #progress; #bad; #again; #acts;

  constructor(upload, uploader) {
    this.upload = upload;
    this.element = document.createElement('li');
    const name = this.element.appendChild(document.createElement('span'));
    this.#state = this.element.appendChild(document.createElement('span'));
    this.#progress = this.element.appendChild(document.createElement('progress'));
    this.#bad = this.element.appendChild(document.createElement('span'));
    this.#acts = this.element.appendChild(document.createElement('span'));
    this.#acts.className = 'acts';
    this.#again = button(this.#acts, 'Try again', () => upload.resume());
    button(this.#acts, 'Remove', () => upload.cancel().finally(() => uploader.forget(upload)));
    name.className = 'name';
    this.#state.className = 'state';
    this.#bad.className = 'bad';
    name.textContent = visible(upload.path);
    this.#progress.max = Math.max(1, upload.size);
    this.#progress.setAttribute('aria-label', `Progress of ${visible(upload.path)}`);
    this.update();
  }

  update() {
    const { upload } = this;
    const { state, error, size, sent } = upload;
    const ended = state === 'done' || state === 'failed';
    this.#progress.hidden = ended;
    this.#progress.value = sent;
    this.#state.textContent = state === 'done' ? `${bytes(size)} · sent`
      : state === 'uploading' ? percent(sent, Math.max(1, size)) : STATES[state] ?? '';
    this.#bad.hidden = state !== 'failed' && state !== 'signed-out';
    this.#bad.textContent = error?.message ?? '';
    this.#again.hidden = state !== 'failed';
    this.#acts.hidden = !STOPPED.includes(state);
  }
}

function button(parent, text, act) {
  const element = parent.appendChild(document.createElement('button'));
  element.type = 'button';
  element.textContent = text;
  element.addEventListener('click', act);
  return element;
}

/**
 * @param {string} base the link's address
 * @param {HTMLElement} list gets a row for each file
 * @returns {Promise<{add: (files: Iterable<File>, folders: boolean) => void, busy: () => boolean}>}
 */
export async function uploadsOf(base, list) {
  const uploader = new Uploader({
    base: `${location.origin}${base}/`, memory: await openMemory(`link ${base}`),
    // Links have sessions and no tree, and do not tell where a file lies.
    smallFile: -1, places: false,
  });
  const rows = new Map();
  uploader.on('added', (upload) => {
    const row = new Row(upload, uploader);
    rows.set(upload, row);
    list.append(row.element);
  });
  uploader.on('change', (upload) => rows.get(upload)?.update());
  uploader.on('removed', (upload) => {
    rows.get(upload)?.element.remove();
    rows.delete(upload);
  });
  uploader.on('unsaved', () => tell('This browser cannot save what is sent. Keep this page open until everything is sent.'));
  const restored = uploader.restore();

  // A link cannot resume what was paused in the console.
  async function look(upload) {
    try {
      const { body } = await upload.request('GET', `api/sessions/${upload.session}`);
      if (body.state !== 'paused') upload.resume();
    } catch (error) {
      // The session has ended: sending says why.
      if (error instanceof Problem && !error.retryable) upload.resume();
    }
  }
  setInterval(() => uploader.uploads.filter(({ state }) => state === 'paused').forEach(look), LOOK_MS);

  /** A file that an earlier page has begun to send goes on. */
  async function again(file) {
    for (const upload of uploader.uploads) {
      const same = STOPPED.includes(upload.state) && upload.name === file.name && upload.lastModified === file.lastModified;
      if (same && await upload.choose(file)) return true;
    }
    return false;
  }

  return {
    async add(files, folders) {
      await restored;
      const chosen = [];
      for (const one of filesOfInput(files)) {
        if (!await again(one.file)) chosen.push({ ...one, path: folders ? one.path : one.file.name });
      }
      await uploader.add(chosen);
    },
    busy: () => uploader.uploads.some(({ active }) => active),
  };
}
