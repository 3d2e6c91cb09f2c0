// The page is complete without this script: it fills in the real address, adds copy buttons, and shows whether the service is ready.
const origin = new URL('.', location.href).href.replace(/\/$/, '');
for (const place of document.querySelectorAll('.origin')) place.textContent = origin;

if (navigator.clipboard) {
  for (const block of document.querySelectorAll('pre')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(block.textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
    block.parentElement.querySelector('figcaption').append(button);
  }
}

// Built without npm, the service has no library for the example pages.
fetch('examples/lib/uppy.js', { method: 'HEAD' })
  .then((answer) => { document.getElementById('in-browser').hidden = !answer.ok; })
  .catch(() => {});

async function look() {
  const status = document.getElementById('status');
  const text = document.getElementById('status-text');
  try {
    const answer = await fetch('health/ready', { cache: 'no-store' });
    status.className = answer.ok ? 'status ready' : 'status trouble';
    text.textContent = answer.ok ? 'Ready' : 'Not ready';
  } catch {
    status.className = 'status trouble';
    text.textContent = 'Not reachable';
  }
}

look();
setInterval(() => { if (!document.hidden) look(); }, 10000);
