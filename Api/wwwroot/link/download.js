// Shows a shared file, or what is in a shared folder.
import { kindOf } from '../console/parts/kinds.js';
import { shownOf, view } from '../console/parts/viewer.js';
import { thumbOf } from '../console/parts/thumbs.js';
import { bytes, exactTime, visible, when } from '../console/format.js';
import { keyOf } from './encryption.js';
import { showEncrypted } from './opening.js';
import { tell } from './tell.js';

const TILED = 'link-tiles';

const at = (id) => document.getElementById(id);

// What is shown now, for going from one to the next.
let shown = [];
let pictures = false;
let mayTile = false;

/**
 * Shows what a link shares. A folder below it has an address of its own, such as #/Photos/2026.
 * @returns {Promise<(() => void) | null>} shows the folder of another address; null: there are no folders
 */
export async function showFolder(base, link) {
  at('download').hidden = false;
  if (link.size !== null) {
    const file = { name: link.name, size: link.size, address: `${base}/content` };
    const key = keyOf(location.hash);
    if (key) {
      await showEncrypted(file.address, link, key);
      return null;
    }

    at('all').href = file.address;
    at('all').textContent = `Download ${visible(link.name)} (${bytes(link.size)})`;
    at('view').hidden = shownOf([file]).length === 0;
    at('view').onclick = () => view([file], file);
    return null;
  }

  // Where only some downloads are allowed, small pictures would use them up.
  mayTile = !link.limited;
  at('tiles').onclick = () => tile(!pictures);
  tile(!link.limited && localStorage.getItem(TILED) !== null);
  const follow = () => open(base, namesIn(location.hash));
  await follow();
  return follow;
}

/** The names in an address; those that would lead elsewhere are left out. */
function namesIn(hash) {
  return hash.replace(/^#\/?/, '').split('/').map((name) => {
    try { return decodeURIComponent(name); } catch { return name; }
  }).filter((name) => !['', '.', '..'].includes(name));
}

/** The address of a folder. */
const addressOf = (names) => `#/${names.map(encodeURIComponent).join('/')}`;

/** The way to the folder that is shown. */
function showWay(names) {
  const way = names.map((name, i) => {
    const part = document.createElement(i < names.length - 1 ? 'a' : 'span');
    part.textContent = visible(name);
    if (part.localName === 'a') part.href = addressOf(names.slice(0, i + 1));
    return part;
  });
  const top = document.createElement('a');
  top.href = addressOf([]);
  top.textContent = 'All';
  at('path').hidden = names.length === 0;
  at('path').replaceChildren(...[top, ...way].flatMap((part, i) => (i ? [' / ', part] : [part])));
}

function tile(are) {
  pictures = are;
  if (are) localStorage.setItem(TILED, 'on');
  else localStorage.removeItem(TILED);
  at('entries').classList.toggle('tiles', are);
  at('tiles').setAttribute('aria-pressed', String(are));
  at('tiles').textContent = are ? 'Show as a list' : 'Show as pictures';
  if (are) for (const line of at('entries').children) addFace(line);
}

async function open(base, names, cursor = null) {
  tell();
  const path = names.map((name) => `${encodeURIComponent(name)}/`).join('');
  at('all').textContent = names.length > 0 ? 'Download this folder as ZIP' : 'Download all as ZIP';
  at('all').href = names.length > 0 ? `${base}/tree/${path}?format=zip` : `${base}/archive.zip`;
  const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : '';
  let page;
  try {
    const answer = await fetch(`${base}/tree/${path}${query}`, { headers: { Accept: 'application/json' } });
    page = await answer.json();
    if (!answer.ok) {
      tell(page.detail);
      return;
    }
  } catch {
    tell('The service does not answer. Try again later.');
    return;
  }

  const list = at('entries');
  if (!cursor) {
    shown = [];
    list.replaceChildren();
    showWay(names);
  }

  for (const item of page.items) {
    const below = path + encodeURIComponent(item.name);
    if (item.kind === 'folder') {
      list.append(row(`${item.name}/`, item, addressOf([...names, item.name])));
    } else {
      const line = row(item.name, item);
      const file = { name: item.name, size: item.size, address: `${base}/tree/${below}` };
      const name = line.querySelector('.name');
      name.href = file.address;
      name.download = item.name;
      if (shownOf([file]).length > 0) {
        shown.push(file);
        line.file = file;
        const look = line.appendChild(document.createElement('button'));
        look.type = 'button';
        look.className = 'look';
        look.textContent = 'Look';
        look.setAttribute('aria-label', `Look at ${visible(item.name)}`);
        look.addEventListener('click', () => view(shown, file));
      }

      list.append(line);
    }

    if (pictures) addFace(list.lastChild);
  }

  // A folder without pictures has none to show.
  at('tiles').hidden = !mayTile || !(pictures || shown.some(({ name, size }) => ['image', 'video'].includes(kindOf(name, size))));
  at('more').hidden = !page.nextCursor;
  at('more').onclick = () => open(base, names, page.nextCursor);
}

/** The small picture of a line, once. */
function addFace(line) {
  if (line.querySelector('.face')) return;
  const face = document.createElement('div');
  face.className = 'face';
  const thumb = line.file && thumbOf(line.file, () => face.replaceChildren());
  if (thumb) {
    face.append(thumb);
    face.addEventListener('click', () => view(shown, line.file));
  }

  line.prepend(face);
}

function row(name, { size, modifiedAt }, address = null) {
  const line = document.createElement('li');
  const link = line.appendChild(document.createElement('a'));
  const state = line.appendChild(document.createElement('span'));
  link.className = 'name';
  link.textContent = visible(name);
  state.className = 'state';
  state.textContent = [size !== null && bytes(size), when(modifiedAt)].filter(Boolean).join(', ');
  state.title = exactTime(modifiedAt);
  if (address) link.href = address;

  return line;
}
