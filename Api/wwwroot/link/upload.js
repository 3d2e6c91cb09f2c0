// Sends files through a link by the upload engine of pages. What a reload interrupts goes on afterwards.
import { Problem, Uploader, openMemory } from '../client/index.js';
import { bytes, bytesOf, number, percent, visible } from '../console/format.js';
import { tell } from './tell.js';

const LOOK_MS = 3000;
const PACE_MS = 250;
// A person can remove the file, or choose it again.
const STOPPED = ['choose', 'paused', 'failed'];

// The same file would be refused again.
const FOR_GOOD = ['link_type', 'link_name', 'link_size'];

const STATES = {
  waiting: 'waits', paused: 'paused by the receiver; goes on when they resume it', offline: 'connection lost; goes on by itself',
  held: 'goes on in a moment', verifying: 'is verified',
  'signed-out': 'not sent', failed: 'not sent', choose: 'choose this file again to go on', cancelled: 'not sent',
};

class Row {
  #state; #progress; #bad; #again; #acts;

  constructor(upload, uploader, kinds) {
    this.upload = upload;
    this.kinds = kinds;
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
    this.#bad.textContent = error?.code === 'link_type' ? `This link takes only ${this.kinds}.` : error?.message ?? '';
    this.#again.hidden = state !== 'failed' || FOR_GOOD.includes(error?.code);
    this.#acts.hidden = !STOPPED.includes(state);
  }
}

/** A folder, or many files that were chosen with it: one row. Files in it that need a person have rows of their own below. */
class FolderRow {
  #state; #progress; #inner; #uploader;
  #due = 0;
  uploads = new Map();

  /** @param {string} path */
  constructor(path, uploader, kinds) {
    this.path = path;
    this.kinds = kinds;
    this.#uploader = uploader;
    this.element = document.createElement('li');
    this.element.className = 'folder';
    add(this.element, 'span', 'name', `${visible(path)}/`);
    this.#state = add(this.element, 'span', 'state');
    this.#progress = add(this.element, 'progress');
    this.#progress.setAttribute('aria-label', `Progress of ${visible(path)}`);
    this.#inner = add(this.element, 'ul', 'inner');
  }

  add(upload) {
    this.uploads.set(upload, null);
    this.update(upload);
  }

  remove(upload) {
    this.uploads.get(upload)?.element.remove();
    this.uploads.delete(upload);
    this.#soon();
  }

  /** @param {import('../client/index.js').Upload} upload */
  update(upload) {
    const row = this.uploads.get(upload);
    if (!STOPPED.includes(upload.state)) {
      row?.element.remove();
      this.uploads.set(upload, null);
    } else if (row) row.update();
    else {
      const made = new Row(upload, this.#uploader, this.kinds);
      this.uploads.set(upload, made);
      this.#inner.append(made.element);
    }

    this.#soon();
  }

  // A folder of many files changes often.
  #soon() { this.#due ||= setTimeout(() => { this.#due = 0; this.#paint(); }, PACE_MS); }

  #paint() {
    const { count, done, size, sent } = sumOf([...this.uploads.keys()]);
    const all = count === 1 ? '1 file' : `${number(count)} files`;
    this.#progress.hidden = done === count;
    this.#progress.max = Math.max(1, size);
    this.#progress.value = sent;
    this.#state.textContent = done === count ? `${all}, ${bytes(size)} · sent`
      : `${number(done)} of ${all} · ${percent(sent, Math.max(1, size))}`;
  }
}

function add(parent, tag, className = '', text = '') {
  const element = parent.appendChild(document.createElement(tag));
  element.className = className;
  element.textContent = text;
  return element;
}

function sumOf(uploads) {
  const sum = (of) => uploads.reduce((all, upload) => all + of(upload), 0);
  return {
    count: uploads.length, done: sum(({ state }) => (state === 'done' ? 1 : 0)), size: sum(({ size }) => size),
    sent: sum(({ state, size, sent }) => (state === 'done' ? size : sent)),
    safe: sum(({ state, size, safe }) => (state === 'done' ? size : safe.total)),
  };
}

/** Of several files together; what is counted here is safe. */
function showSum(place, uploads) {
  const { count, done, size, safe } = sumOf(uploads);
  place.hidden = count < 2;
  place.querySelector('b').textContent = done === count ? `All ${number(count)} files are sent`
    : `${bytesOf(safe, size)} safe`;
  place.querySelector('span').textContent = done === count ? bytes(size) : `${number(done)} of ${number(count)} files sent`;
  const bar = place.querySelector('progress');
  bar.hidden = done === count;
  bar.max = Math.max(1, size);
  bar.value = safe;
}

function button(parent, text, act) {
  const element = parent.appendChild(document.createElement('button'));
  element.type = 'button';
  element.textContent = text;
  element.addEventListener('click', act);
  return element;
}

/** @param {string} path @returns {string} the folder that was chosen; empty for a file alone */
const topOf = (path) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');

/**
 * @param {string} base the link's address
 * @param {{list: HTMLElement, sum: HTMLElement, kinds: string, arrived: () => void}} page places for a row of each file or folder, and for
 *   the sum; the kinds of files that the link takes, in words; what is done when one has arrived
 * @returns {Promise<{add: (files: import('../client/index.d.ts').Chosen[], folders: boolean) => Promise<void>, busy: () => boolean}>}
 */
export async function uploadsOf(base, { list, sum, kinds, arrived }) {
  const uploader = new Uploader({
    base: `${location.origin}${base}/`, memory: await openMemory(`link ${base}`),
    // Links have sessions and no tree, and do not tell where a file lies.
    smallFile: -1, places: false,
  });
  const rows = new Map();
  const folders = new Map();
  /** Where a link takes no folders, files are sent without their paths, but shown with the folder that was chosen. */
  const chosenIn = new WeakMap();
  let due = 0;
  const summed = () => { due ||= setTimeout(() => { due = 0; showSum(sum, uploader.uploads); }, PACE_MS); };
  uploader.on('added', (upload) => {
    const top = topOf(upload.path) || chosenIn.get(upload.file);
    let row = top ? folders.get(top) : new Row(upload, uploader, kinds);
    if (!row) folders.set(top, row = new FolderRow(top, uploader, kinds));
    if (top) row.add(upload);
    rows.set(upload, row);
    if (!row.element.isConnected) list.append(row.element);
    summed();
  });
  uploader.on('change', (upload) => {
    rows.get(upload)?.update(upload);
    summed();
    if (upload.state === 'done') arrived();
  });
  uploader.on('removed', (upload) => {
    const row = rows.get(upload);
    rows.delete(upload);
    row?.remove?.(upload);
    if (row && !(row.uploads?.size > 0)) {
      row.element.remove();
      folders.delete(row.path);
    }

    summed();
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
      for (const one of files) {
        chosenIn.set(one.file, topOf(one.path));
        if (!await again(one.file)) chosen.push({ ...one, path: folders ? one.path : one.file.name });
      }
      await uploader.add(chosen);
    },
    busy: () => uploader.uploads.some(({ active }) => active),
  };
}
