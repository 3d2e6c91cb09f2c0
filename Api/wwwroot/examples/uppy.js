import { arrived, authorization, keyFault, library, watchService } from "./page.js";

const { Uppy, Dashboard, GoldenRetriever, Tus } = await library("uppy");
const chosen = new URLSearchParams(location.search);

const uppy = new Uppy({ id: "chunkupload", onBeforeUpload: () => keyFault() === "" })
  .use(Dashboard, { target: "#dashboard", inline: true, width: "100%", height: 360, theme: "auto", proudlyDisplayPoweredByUppy: false })
  .use(Tus, {
    endpoint: new URL("../files", location.href).href,
    headers: authorization,
    chunkSize: Number(chosen.get("chunk")) || Infinity,
    limit: 4,
    // By default it gives up after nine seconds; a train may be in a tunnel for longer.
    retryDelays: [100, 1000, 3000, 5000, 10000, 20000, 30000, 60000],
  })
  // Keeps the files in the browser until they have arrived, so that the user need not choose them again after a reload.
  .use(GoldenRetriever, { indexedDB: { maxFileSize: 1 << 30, maxTotalSize: 4 * 2 ** 30 } });

// Once the service is back, also retry files that had used up their retries.
watchService(
  () => uppy.getFiles().some((file) => file.progress.uploadStarted && !file.progress.uploadComplete),
  () => uppy.getFiles().some((file) => file.error) && void uppy.retryAll(),
);
uppy.on("upload-success", (file, response) => void arrived(response.uploadURL));
window.uppy = uppy;
