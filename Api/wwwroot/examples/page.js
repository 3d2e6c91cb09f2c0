// The parts of both pages: the key, whether the service answers, the list of arrived files, and the notice about a missing library.
const element = (id) => document.getElementById(id);
const key = element("key");
key.value = sessionStorage.getItem("key") ?? "";
export const authorization = () => (key.value.trim() === "" ? {} : { Authorization: `Bearer ${key.value.trim()}` });

// The reason why the service would refuse an upload; empty if it would not, or if that is not known yet.
let fault = "";
let checks = 0;

async function checkKey() {
  const check = ++checks;
  fault = "";
  element("key-fault").textContent = "";
  try {
    const answer = await fetch("../api/files?limit=1", { headers: authorization(), cache: "no-store" });
    // The key was changed in the meantime.
    if (check !== checks || answer.status !== 401) return;
    fault = key.value.trim() === "" ? "Enter the key first." : "The service does not know this key.";
    if (key.value.trim() !== "") element("key-fault").textContent = fault;
  } catch {
    // The service does not answer: an upload waits for it.
  }
}

key.addEventListener("input", () => {
  sessionStorage.setItem("key", key.value);
  void checkKey();
});
void checkKey();

/** Shows beside the key why no upload can begin with it, and returns the reason; empty if one can. */
export function keyFault() {
  element("key-fault").textContent = fault;
  if (fault !== "") key.focus();
  return fault;
}

/** While isBusy(), asks every two seconds whether the service answers; shows when it does not, and calls back() when it does again. */
export function watchService(isBusy, back) {
  const away = element("away");
  setInterval(async () => {
    if (away.hidden && !isBusy()) return;
    try {
      await fetch("../health/live", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    } catch {
      if (away.hidden) element("away-since").textContent = new Date().toLocaleTimeString();
      away.hidden = false;
      return;
    }
    if (away.hidden) return;
    away.hidden = true;
    back();
  }, 2000);
}

/** The library as a module; if it was not built, the page says what to do. */
export async function library(name) {
  try {
    return await import(`./lib/${name}.js`);
  } catch (error) {
    element("missing").hidden = false;
    throw error;
  }
}

/** Shows the files of the service. A concatenated file gets its digest a moment later. */
export async function arrived(url) {
  const id = new URL(url, location.href).pathname.split("/").pop();
  const row = document.createElement("tr");
  element("arrived").tBodies[0].append(row);
  element("arrived").hidden = false;
  element("nothing").hidden = true;
  for (;;) {
    const answer = await fetch(`../api/files/${id}`, { headers: authorization() });
    const file = await answer.json();
    if (!answer.ok) throw new Error(file.detail ?? answer.statusText);
    const sha256 = document.createElement("code");
    sha256.textContent = file.sha256 ?? "is being computed …";
    row.replaceChildren(...[file.name, file.size.toLocaleString("en"), sha256].map((content) => {
      const cell = document.createElement("td");
      cell.append(content);
      return cell;
    }));
    if (file.sha256) {
      row.dataset.url = url;
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
