// What both pages share: the key, the list of what has arrived, and the word when a library is missing.
const element = (id) => document.getElementById(id);
const key = element("key");
key.value = sessionStorage.getItem("key") ?? "";
key.addEventListener("input", () => sessionStorage.setItem("key", key.value));

export const authorization = () => (key.value.trim() === "" ? {} : { Authorization: `Bearer ${key.value.trim()}` });

/** The library as a module; where it was not built, the page says what to do. */
export async function library(name) {
  try {
    return await import(`./lib/${name}.js`);
  } catch (error) {
    element("missing").hidden = false;
    throw error;
  }
}

/** Asks the service what it has, and shows it. The digest of a file that was joined from parts is there a moment later. */
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
