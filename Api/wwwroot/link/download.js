// Shows a shared file, or what is in a shared folder.
import { bytes, visible } from '../console/format.js';
import { tell } from './link.js';

const at = (id) => document.getElementById(id);

export async function showFolder(base, link) {
  at('download').hidden = false;
  if (link.size !== null) {
    at('all').href = `${base}/content`;
    at('all').textContent = `Download ${visible(link.name)} (${bytes(link.size)})`;
    return;
  }

  at('all').textContent = 'Download all as ZIP';
  at('all').href = `${base}/archive.zip`;
  await open(base, '');
}

// path: the names below the folder, escaped, each with a slash after it.
async function open(base, path, cursor = null) {
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
    list.replaceChildren();
    at('path').textContent = visible(decodeURIComponent(path));
    if (path) list.append(row('..', null, () => open(base, path.replace(/[^/]*\/$/, ''))));
  }

  for (const item of page.items) {
    const below = path + encodeURIComponent(item.name);
    if (item.kind === 'folder') {
      list.append(row(`${item.name}/`, null, () => open(base, `${below}/`)));
    } else {
      const line = row(item.name, item.size);
      line.firstChild.href = `${base}/tree/${below}`;
      line.firstChild.download = item.name;
      list.append(line);
    }
  }

  at('more').hidden = !page.nextCursor;
  at('more').onclick = () => open(base, path, page.nextCursor);
}

function row(name, size, act = null) {
  const line = document.createElement('li');
  const link = line.appendChild(document.createElement('a'));
  const state = line.appendChild(document.createElement('span'));
  link.className = 'name';
  link.textContent = visible(name);
  state.className = 'state';
  state.textContent = size === null ? '' : bytes(size);
  if (act) {
    link.href = '#';
    link.addEventListener('click', (event) => { event.preventDefault(); act(); });
  }

  return line;
}
