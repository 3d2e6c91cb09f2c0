// Sends one file by tus and goes on where it was after a broken connection, for as long as the page is open.
const VERSION = { 'Tus-Resumable': '1.0.0' };
const LONGEST_WAIT = 30;

// What waiting does not change.
class Refused extends Error {}

function encode(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

export class Upload {
  #endpoint; #file; #path; #tell; #address = null;

  // tell: progress(bytes), pause(seconds), done(), failed(reason)
  constructor(endpoint, file, path, tell) {
    this.#endpoint = endpoint;
    this.#file = file;
    this.#path = path;
    this.#tell = tell;
  }

  async run() {
    let failures = 0;
    let reached = 0;
    for (;;) {
      let offset = reached;
      try {
        offset = this.#address === null ? await this.#create() : await this.#ask();
        this.#tell.progress(offset);
        if (offset < this.#file.size) offset = await this.#send(offset);
        if (offset === this.#file.size) {
          this.#tell.done();
          return;
        }
      } catch (error) {
        if (error instanceof Refused) {
          this.#tell.failed(error.message);
          return;
        }
      }

      failures = offset > reached ? 0 : failures + 1;
      reached = Math.max(reached, offset);
      const seconds = Math.min(LONGEST_WAIT, 2 ** Math.min(failures, 5));
      this.#tell.pause(seconds);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, seconds * 1000);
        addEventListener('online', () => { clearTimeout(timer); resolve(); }, { once: true });
      });
    }
  }

  async #create() {
    const metadata = [
      `filename ${encode(this.#file.name)}`, `path ${encode(this.#path)}`, `lastModified ${encode(`${this.#file.lastModified}`)}`,
    ];
    if (this.#file.type) metadata.push(`filetype ${encode(this.#file.type)}`);
    const answer = await this.#request('POST', this.#endpoint, {
      'Upload-Length': `${this.#file.size}`, 'Upload-Metadata': metadata.join(','),
    });
    this.#address = answer.getResponseHeader('Location');
    return 0;
  }

  async #ask() {
    return Number((await this.#request('HEAD', this.#address)).getResponseHeader('Upload-Offset'));
  }

  async #send(offset) {
    const answer = await this.#request('PATCH', this.#address, {
      'Upload-Offset': `${offset}`, 'Content-Type': 'application/offset+octet-stream',
    }, this.#file.slice(offset), (sent) => this.#tell.progress(offset + sent));
    return Number(answer.getResponseHeader('Upload-Offset'));
  }

  // XMLHttpRequest reports how much of a body is sent; fetch does not.
  #request(method, address, headers = {}, body = null, sent = null) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, address);
      for (const [name, value] of Object.entries({ ...VERSION, ...headers })) request.setRequestHeader(name, value);
      if (sent) request.upload.addEventListener('progress', (event) => sent(event.loaded));
      request.addEventListener('error', () => reject(new Error('The connection broke.')));
      request.addEventListener('abort', () => reject(new Error('The request was aborted.')));
      request.addEventListener('load', () => {
        const { status } = request;
        if (status < 300) resolve(request);
        else if (status === 409 || status === 423 || status === 429 || status >= 500) reject(new Error(`${status}`));
        else reject(new Refused(this.#reason(request)));
      });
      request.send(body);
    });
  }

  #reason(request) {
    try {
      return JSON.parse(request.responseText).detail;
    } catch {
      return `The service refused the file (${request.status}).`;
    }
  }
}
