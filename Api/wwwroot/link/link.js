// The page of a link. It needs no other credential than its own address, and sends that nowhere else.
import { bytes, visible } from '../console/format.js';
import { uploadsOf } from './upload.js';
import { showFolder } from './download.js';

const AGAIN_MS = 3000;

const base = location.pathname.replace(/\/$/, '');
const at = (id) => document.getElementById(id);

export function tell(text) {
  at('fault').textContent = text ?? '';
  at('fault').hidden = !text;
}

function rulesOf(link) {
  const rules = [];
  if (link.maxSize !== null) rules.push(`up to ${bytes(link.maxSize)} a file`);
  if (link.filesLeft !== null) rules.push(`${link.filesLeft} more ${link.filesLeft === 1 ? 'file' : 'files'}`);
  if (link.bytesLeft !== null) rules.push(`${bytes(link.bytesLeft)} left`);
  if (link.types.length) rules.push(link.types.join(', '));
  if (link.names.length) rules.push(link.names.join(', '));
  return rules.join(' · ');
}

async function showUpload(link) {
  const uploads = await uploadsOf(base, at('files'));
  const add = (files) => uploads.add([...files], link.folders);
  at('rules').textContent = rulesOf(link);
  at('upload').hidden = false;
  at('pick').accept = link.types.join(',');
  at('pick').addEventListener('change', () => {
    add(at('pick').files);
    at('pick').value = '';
  });
  const drop = at('drop');
  for (const kind of ['dragenter', 'dragover']) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add('over'); });
  }

  for (const kind of ['dragleave', 'drop']) drop.addEventListener(kind, () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => { event.preventDefault(); add(event.dataTransfer.files); });
  addEventListener('beforeunload', (event) => { if (uploads.busy()) event.preventDefault(); });
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
  let link;
  try {
    answer = await fetch(`${base}/about`, { cache: 'no-store' });
    link = await answer.json();
  } catch {
    tell('The service does not answer. This page tries again by itself.');
    setTimeout(start, AGAIN_MS);
    return;
  }

  if (!answer.ok) {
    tell(link.detail);
    if (link.retryable) setTimeout(start, Math.max(AGAIN_MS, link.retryAfterMs ?? 0));
    return;
  }

  at('title').textContent = visible(link.title || (link.kind === 'upload' ? 'Send files' : link.name ?? 'Files'));
  document.title = at('title').textContent;
  at('about').textContent = `Open until ${new Date(link.expiresAt).toLocaleString()}`;
  if (link.kind === 'upload') await showUpload(link);
  else if (link.needsPassword) at('password').hidden = false;
  else await showFolder(base, link);
}

start();
