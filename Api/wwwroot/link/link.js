// The page of a link. It needs no other credential than its own address, and sends that nowhere else.
import { filesOf } from '../client/drop.js';
import { filesOfInput } from '../client/index.js';
import { bytes, exactTime, moment, number, visible } from '../console/format.js';
import { showFolder } from './download.js';
import { tell } from './tell.js';
import { uploadsOf } from './upload.js';

const AGAIN_MS = 3000;

const base = location.pathname.replace(/\/$/, '');

/** Shows the folder that the address names. @type {(() => void) | null} */
let follow = null;
const at = (id) => document.getElementById(id);

// So long that files that arrive together are one request.
const PACE_MS = 1000;
const TYPES = { 'image/*': 'pictures', 'video/*': 'films', 'audio/*': 'sound', 'text/*': 'texts', 'application/pdf': 'PDF' };

const kindsOf = ({ types }) => new Intl.ListFormat('en').format(types.map((type) => TYPES[type] ?? type));

function rulesOf(link) {
  const rules = [];
  if (link.filesLeft !== null) rules.push(`${number(link.filesLeft)} more ${link.filesLeft === 1 ? 'file' : 'files'}`);
  if (link.maxSize !== null) rules.push(`up to ${bytes(link.maxSize)} a file`);
  if (link.bytesLeft !== null) rules.push(`${bytes(link.bytesLeft)} left`);
  if (link.types.length) rules.push(`only ${kindsOf(link)}`);
  if (link.names.length) rules.push(`only ${link.names.join(', ')}`);
  return rules.join(' · ');
}

/** How much is left changes with each file that arrives. */
function rulesFollow(link) {
  let due = 0;
  const show = async () => {
    due = 0;
    const now = await fetch(`${base}/about`, { cache: 'no-store' }).then((answer) => (answer.ok ? answer.json() : null), () => null);
    if (now) at('rules').textContent = rulesOf(now);
  };
  at('rules').textContent = rulesOf(link);
  return () => { if (link.filesLeft !== null || link.bytesLeft !== null) due ||= setTimeout(show, PACE_MS); };
}

async function showUpload(link) {
  const uploads = await uploadsOf(base, { list: at('files'), sum: at('sum'), kinds: kindsOf(link), arrived: rulesFollow(link) });
  const add = async (found) => {
    const { files, unread = [] } = await found;
    tell(unread.length > 0 ? `Not read, and not sent: ${unread.map(visible).join(', ')}` : null);
    await uploads.add(files, link.folders);
  };
  at('upload').hidden = false;
  at('pick').accept = link.types.join(',');
  // A phone that cannot choose a folder has no such button.
  const folders = link.folders && 'webkitdirectory' in at('pick-folder');
  for (const id of ['pick-folder', 'folder-button']) at(id).hidden = !folders;
  at('what').textContent = link.folders ? 'files or folders' : 'files';
  for (const input of [at('pick'), at('pick-folder')]) {
    input.addEventListener('change', () => {
      add({ files: filesOfInput(input.files) });
      input.value = '';
    });
  }

  const drop = at('drop');
  // Whatever is let go beside the place for it must not replace this page.
  for (const kind of ['dragenter', 'dragover']) {
    addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add('over'); });
  }

  for (const kind of ['dragleave', 'drop']) addEventListener(kind, () => drop.classList.remove('over'));
  addEventListener('drop', (event) => { event.preventDefault(); add(filesOf(event.dataTransfer)); });
  addEventListener('beforeunload', (event) => { if (uploads.busy()) event.preventDefault(); });
}

/** Whose page this is: what its maker and the tenant are called by those outside. */
function showWho({ kind, by, tenant }) {
  at('brand').textContent = visible(tenant ?? 'ChunkUpload');
  at('who').hidden = !by && !tenant;
  const who = by && tenant ? `${by} of ${tenant}` : by ?? tenant ?? '';
  at('who').textContent = kind === 'upload' ? `${visible(who)} asks you for files` : `${visible(who)} shares this with you`;
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
    at('title').textContent = 'This link cannot be used';
    if (link.retryable) setTimeout(start, Math.max(AGAIN_MS, link.retryAfterMs ?? 0));
    return;
  }

  at('title').textContent = visible(link.title || (link.kind === 'upload' ? 'Send files' : link.name ?? 'Files'));
  document.title = at('title').textContent;
  showWho(link);
  at('about').textContent = `Open until ${moment(link.expiresAt)}`;
  at('about').title = exactTime(link.expiresAt);
  if (link.needsPassword) at('password').hidden = false;
  else if (link.kind === 'upload') await showUpload(link);
  else follow = await showFolder(base, link);
}

// Another folder, or another key, which may open what this one did not.
addEventListener('hashchange', () => (follow ? follow() : location.reload()));

start();
