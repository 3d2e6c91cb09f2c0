// The page of a link. It needs no other credential than its own address, and sends that nowhere else.
import { Upload } from './upload.js';
import { showFolder } from './download.js';

const base = location.pathname.replace(/\/$/, '');
const at = (id) => document.getElementById(id);

export function tell(text) {
  at('fault').textContent = text ?? '';
  at('fault').hidden = !text;
}

export function sizeOf(bytes) {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  for (; bytes >= 1000 && unit < units.length - 1; unit++) bytes /= 1000;
  return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`;
}

function rulesOf(link) {
  const rules = [];
  if (link.maxSize !== null) rules.push(`up to ${sizeOf(link.maxSize)} a file`);
  if (link.filesLeft !== null) rules.push(`${link.filesLeft} more ${link.filesLeft === 1 ? 'file' : 'files'}`);
  if (link.bytesLeft !== null) rules.push(`${sizeOf(link.bytesLeft)} left`);
  if (link.types.length) rules.push(link.types.join(', '));
  if (link.names.length) rules.push(link.names.join(', '));
  return rules.join(' · ');
}

// Two files at a time: more would share the same bandwidth.
const waiting = [];
let running = 0;

function begin() {
  while (running < 2 && waiting.length) {
    running++;
    waiting.shift().run().finally(() => { running--; begin(); });
  }
}

function add(files, link) {
  for (const file of files) {
    const row = document.createElement('li');
    const name = row.appendChild(document.createElement('span'));
    const state = row.appendChild(document.createElement('span'));
    const progress = row.appendChild(document.createElement('progress'));
    const path = file.webkitRelativePath || file.name;
    name.className = 'name';
    state.className = 'state';
    name.textContent = path;
    progress.max = Math.max(1, file.size);
    progress.value = 0;
    progress.setAttribute('aria-label', `Progress of ${path}`);
    state.textContent = 'waits';
    waiting.push(new Upload(`${base}/files`, file, link.folders ? path : file.name, {
      progress(sent) {
        progress.value = sent;
        state.textContent = `${Math.floor(100 * sent / Math.max(1, file.size))} %`;
      },
      pause(seconds) { state.textContent = `connection lost; goes on in ${seconds} s`; },
      done() {
        progress.remove();
        state.textContent = `${sizeOf(file.size)} · sent`;
      },
      failed(reason) {
        progress.remove();
        state.textContent = 'not sent';
        const bad = row.appendChild(document.createElement('span'));
        bad.className = 'bad';
        bad.textContent = reason;
      },
    }));
    at('files').append(row);
  }

  begin();
}

function showUpload(link) {
  at('rules').textContent = rulesOf(link);
  at('upload').hidden = false;
  at('pick').accept = link.types.join(',');
  at('pick').addEventListener('change', () => {
    add(at('pick').files, link);
    at('pick').value = '';
  });
  const drop = at('drop');
  for (const kind of ['dragenter', 'dragover']) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add('over'); });
  }

  for (const kind of ['dragleave', 'drop']) drop.addEventListener(kind, () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => { event.preventDefault(); add(event.dataTransfer.files, link); });
  addEventListener('beforeunload', (event) => { if (running) event.preventDefault(); });
}

at('password').addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = event.target.querySelector('button');
  button.disabled = true;
  let wait = 0;
  try {
    const answer = await fetch(`${base}/password`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ password: at('secret').value }),
    });
    if (answer.ok) {
      at('password').hidden = true;
      await start();
    } else {
      const said = await answer.json();
      tell(said.detail);
      wait = said.retryAfterMs ?? 0;
    }
  } catch {
    tell('The service does not answer. Try again later.');
  }

  setTimeout(() => { button.disabled = false; }, wait);
});

async function start() {
  tell();
  let answer;
  try {
    answer = await fetch(`${base}/about`, { cache: 'no-store' });
  } catch {
    tell('The service does not answer. Load the page again later.');
    return;
  }

  const link = await answer.json();
  if (!answer.ok) {
    tell(link.detail);
    return;
  }

  at('title').textContent = link.title || (link.kind === 'upload' ? 'Send files' : link.name ?? 'Files');
  document.title = at('title').textContent;
  at('about').textContent = `Open until ${new Date(link.expiresAt).toLocaleString()}`;
  if (link.kind === 'upload') showUpload(link);
  else if (link.needsPassword) at('password').hidden = false;
  else await showFolder(base, link);
}

start();
