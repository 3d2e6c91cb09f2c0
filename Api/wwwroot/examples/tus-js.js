import { arrived, authorization, keyFault, library, watchService } from "./page.js";

const tus = await library("tus");
const [form, file, protocol, chunk, parallel, progress, state, go, pause, remove, requests] =
  ["form", "file", "protocol", "chunk", "parallel", "progress", "state", "go", "pause", "remove", "requests"]
    .map((id) => document.getElementById(id));
let upload = null;

const say = (text) => { state.textContent = text; };
const running = (is) => {
  [go.disabled, pause.disabled, remove.disabled] = [is || file.files.length === 0, !is, upload === null];
  for (const choice of [file, protocol, chunk, parallel]) choice.disabled = is;
};

function make() {
  const ietf = protocol.value !== "tus-v1";
  return new tus.Upload(file.files[0], {
    endpoint: new URL(ietf ? "../uploads/" : "../files", location.href).href,
    protocol: protocol.value,
    headers: authorization(),
    metadata: { filename: file.files[0].name, filetype: file.files[0].type },
    chunkSize: Number(chunk.value) || Infinity,
    // The drafts have no concatenation.
    parallelUploads: ietf ? 1 : Number(parallel.value),
    retryDelays: [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000],
    removeFingerprintOnSuccess: true,
    onProgress: (sent, total) => {
      progress.value = total === 0 ? 1 : sent / total;
      say(`${sent.toLocaleString("en")} of ${total.toLocaleString("en")} bytes`);
    },
    onAfterResponse: (request, response) => {
      const line = document.createElement("li");
      line.textContent = `${request.getMethod()} ${request.getURL()} ${response.getStatus()}`;
      requests.append(line);
    },
    onSuccess: () => {
      const { url } = upload;
      upload = null;
      progress.value = 1;
      say("It has arrived.");
      running(false);
      arrived(url).catch((error) => say(error.message));
    },
    onError: (error) => {
      say(error.message);
      running(false);
    },
  });
}

watchService(() => file.disabled, () => {});

file.addEventListener("change", () => {
  upload = null;
  progress.value = 0;
  say(file.files.length === 0 ? "No file is chosen." : "");
  running(false);
});
for (const choice of [protocol, chunk, parallel]) choice.addEventListener("change", () => { upload = null; });

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (keyFault() !== "") return;
  if (upload === null) {
    upload = make();
    // Continue an upload that began before a reload.
    const [previous] = await upload.findPreviousUploads();
    if (previous) upload.resumeFromPreviousUpload(previous);
  }
  running(true);
  upload.start();
});

pause.addEventListener("click", async () => {
  await upload.abort();
  say(`${state.textContent}, paused`);
  running(false);
});

remove.addEventListener("click", async () => {
  const given = upload;
  upload = null;
  await given.abort(true).catch(() => {});
  progress.value = 0;
  say("Stopped; the service has deleted the upload.");
  running(false);
});
