// Exchanges the operator key, or a one-time link, for a session cookie that no script can read.
const at = (id) => document.getElementById(id);
const fault = at('fault');
let csrfToken = null;

// The token leaves the address at once: it must not stay in the history or be copied with the address.
const token = new URLSearchParams(location.hash.slice(1)).get('link');
if (token) history.replaceState(null, '', location.pathname + location.search);

function show(id) {
  for (const part of ['by-key', 'by-link', 'signed-in', 'open']) at(part).hidden = part !== id;
  if (id === 'by-key') at('key').focus();
}

function post(path, body) {
  const headers = { 'Content-Type': 'application/json' };
  if (csrfToken) headers['X-CSRF-Token'] = csrfToken;
  return fetch(path, { method: 'POST', headers, body: body && JSON.stringify(body) });
}

function tell(text) {
  fault.textContent = text;
  fault.hidden = !text;
}

async function signIn(form, body) {
  const button = form.querySelector('.main');
  button.disabled = true;
  tell('');
  let wait = 0;
  try {
    const answer = await post('signin', { ...body, return: new URLSearchParams(location.search).get('return') });
    const said = await answer.json();
    if (answer.ok) {
      location.replace('.' + said.return);
      return;
    }

    tell(said.detail);
    at('key').setAttribute('aria-invalid', body.key ? 'true' : 'false');
    wait = said.retryAfterMs ?? 0;
    if (body.link) show('by-key');
  } catch {
    tell('The service does not answer. Try again when it runs.');
  }

  setTimeout(() => { button.disabled = false; }, wait);
}

at('by-key').addEventListener('submit', (event) => {
  event.preventDefault();
  signIn(event.target, { key: at('key').value });
});

at('by-link').addEventListener('submit', (event) => {
  event.preventDefault();
  signIn(event.target, { link: token });
});

at('use-key').addEventListener('click', () => show('by-key'));

at('sign-out').addEventListener('click', async () => {
  const answer = await post('signout');
  if (answer.ok) location.reload();
  else tell((await answer.json()).detail);
});

async function start() {
  at('host').textContent = location.host;
  try {
    const state = await (await fetch('signin/state', { cache: 'no-store' })).json();
    csrfToken = state.csrfToken;
    if (!state.keyNeeded) return show('open');
    if (state.subject && !token) {
      at('title').textContent = 'Signed in to ChunkUpload';
      at('who').textContent = `You are signed in as ${state.subject}.`;
      return show('signed-in');
    }
  } catch {
    tell('The service does not answer. Try again when it runs.');
  }

  show(token ? 'by-link' : 'by-key');
}

start();
