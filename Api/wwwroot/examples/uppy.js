import { arrived, authorization, library } from "./page.js";

const { Uppy, Dashboard, GoldenRetriever, Tus } = await library("uppy");
const chosen = new URLSearchParams(location.search);

const uppy = new Uppy({ id: "chunkupload" })
  .use(Dashboard, { target: "#uppy", inline: true, width: "100%", height: 360, theme: "auto", proudlyDisplayPoweredByUppy: false })
  .use(Tus, {
    endpoint: new URL("../files", location.href).href,
    headers: authorization,
    chunkSize: Number(chosen.get("chunk")) || Infinity,
    limit: 4,
    // By default it gives up after nine seconds, which no tunnel is shorter than.
    retryDelays: [100, 1000, 3000, 5000, 10000, 20000, 30000, 60000],
  })
  // Files are kept in the browser until they have arrived, so that a reload needs no second choosing.
  .use(GoldenRetriever, { indexedDB: { maxFileSize: 1 << 30, maxTotalSize: 4 * 2 ** 30 } });

uppy.on("upload-success", (file, response) => void arrived(response.uploadURL));
window.uppy = uppy;
