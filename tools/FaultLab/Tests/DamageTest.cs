using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Stored files are corrupted, cut short or removed. fsck must name every one, and after a scrub none is served as intact. A file that was
/// extended and unknown files do no harm.
/// </summary>
internal sealed class DamageTest : IFaultTest
{
    private const int Largest = 120_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public string Name => "damage";

    public string Number => "T22";

    public string Question => "Are damaged files found, and never served?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var count = run.Count(ci: 300, soak: 5000);
        var service = new LabService(run, run.MakeFolder("data")) { Settings = { "--Jobs:ScrubBytesPerSecond=1GiB" } };
        await service.StartAsync(cancellationToken);
        using var wire = new WitnessClient(service.Address, service.Key);

        // Each upload is one stored file, so a damaged file damages exactly one upload. Every third upload is an open session.
        var uploads = new List<(string Id, string Path, ulong Seed, int Size, bool Open)>();
        for (var index = 0; index < count; index++)
            uploads.Add(await UploadAsync(index, open: index % 3 == 0));
        run.Acknowledged = uploads.Count;
        var kinds = new Dictionary<string, int>();
        var files = Directory.GetFiles(Path.Combine(service.Data, "files"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .ToArray();
        run.Check(files.Length == count, $"{count} uploads lie in {files.Length} files");
        run.Random.Shuffle(files);
        var (damaged, harmless, refused) = (0, 0, 0);
        foreach (var file in files[..(count / 2)])
        {
            var kind = (string[])["flip", "flip", "cut", "remove", "zero", "longer"];
            var chosen = kind[run.Random.Next(kind.Length)];
            Damage(file, chosen);
            kinds[chosen] = kinds.GetValueOrDefault(chosen) + 1;
            if (chosen == "longer")
                harmless++;
            else
                damaged++;
            run.Injected++;
        }

        // The file's incarnation is unknown to this ledger.
        var foreignFile = Path.Combine(service.Data, "files", "chunks", "ab", $"999999-ab{new string('c', 30)}");
        await File.WriteAllTextAsync(foreignFile, "not ours", cancellationToken);

        // The checks below show that the right ones are named: all others must be served bit by bit.
        var findings = await service.FindingsAsync(cancellationToken);
        run.Check(findings.Any(finding => finding["code"]!.GetValue<string>() == "foreign-file"), "fsck did not name the foreign file");
        var owners = findings.Where(finding => finding["upload"] is not null).Select(finding => finding["upload"]!.GetValue<string>())
            .ToHashSet();
        run.Check(owners.Count == damaged, $"fsck named {owners.Count} uploads where {damaged} are damaged");

        await service.RunJobAsync("scrub-files", cancellationToken);
        foreach (var upload in uploads)
        {
            var bad = owners.Contains(upload.Id);
            if (upload.Open)
                await CompleteAsync(upload, bad);
            else
                await DownloadAsync(upload, bad);
        }

        run.Floor("damaged files", damaged, count / 4);
        run.Floor("kinds of damage", kinds.Count, 5);
        run.Floor("damaged files that were refused", refused, count / 6);
        run.Floor("acknowledgements", run.Acknowledged, count);
        run.Figures.Add($"{damaged} damaged files all named, {harmless} longer ones served as they were: "
            + $"{string.Join(", ", kinds.Select(kind => $"{kind.Value} {kind.Key}"))}");

        async Task<(string, string, ulong, int, bool)> UploadAsync(int index, bool open)
        {
            var (seed, size) = ((ulong)run.Random.NextInt64(), run.Random.Next(1, Largest));
            var bytes = Material.Bytes(seed, 0, size);
            if (!open)
            {
                var put = await wire.AskAsync(HttpMethod.Put, $"/api/files/d{index}.bin", new ByteArrayContent(bytes), cancellationToken);
                run.Check(put?.Status == 201, $"an upload was answered with {put}");
                return ($"{put!.Json!["id"]}", $"/api/files/{put.Json["id"]}", seed, size, false);
            }

            var session = await wire.AskAsync(HttpMethod.Post, "/api/sessions",
                JsonContent.Create(new JsonObject { ["fileName"] = $"d{index}.bin", ["size"] = size }), cancellationToken);
            var path = $"/api/sessions/{session!.Json!["id"]}";
            var chunk = await wire.AskAsync(HttpMethod.Put, $"{path}/chunks/0", new ByteArrayContent(bytes), cancellationToken,
                ("X-Chunk-SHA256", Material.Sha256(seed, 0, size)));
            run.Check(chunk?.Status == 201, $"a chunk was answered with {chunk}");
            return ($"{session.Json["id"]}", path, seed, size, true);
        }

        async Task DownloadAsync((string Id, string Path, ulong Seed, int Size, bool) upload, bool bad)
        {
            var answer = await wire.AskAsync(HttpMethod.Get, $"{upload.Path}/content", null, cancellationToken);
            refused += bad && answer is { Status: >= 400 and < 500 } ? 1 : 0;
            var good = answer?.Status == 200 && answer.Body.AsSpan().SequenceEqual(Material.Bytes(upload.Seed, 0, upload.Size));
            run.Check(bad ? answer?.Status == 410 : good, $"a {(bad ? "damaged" : "good")} file was answered with {answer}");
        }

        // An open session is not scrubbed; its bytes are read when the whole file's digest is compared.
        async Task CompleteAsync((string Id, string Path, ulong Seed, int Size, bool) upload, bool bad)
        {
            var body = new JsonObject { ["sha256"] = Material.Sha256(upload.Seed, 0, upload.Size) };
            var answer = await wire.AskAsync(HttpMethod.Post, $"{upload.Path}/complete", JsonContent.Create(body), cancellationToken);
            while (answer?.Status is 202 or 503)
            {
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
                answer = await wire.AskAsync(HttpMethod.Post, $"{upload.Path}/complete", JsonContent.Create(body), cancellationToken);
            }

            run.Check(bad ? answer?.Status is 410 or 422 : answer?.Status == 200,
                $"completing a {(bad ? "damaged" : "good")} session was answered with {answer}");
        }

        void Damage(string file, string kind)
        {
            var bytes = File.ReadAllBytes(file);
            var at = run.Random.Next(bytes.Length);
            switch (kind)
            {
                case "flip":
                    bytes[at] ^= (byte)(1 << run.Random.Next(8));
                    File.WriteAllBytes(file, bytes);
                    break;
                case "cut":
                    File.WriteAllBytes(file, bytes[..at]);
                    break;
                case "zero":
                    bytes.AsSpan(at, Math.Min(512, bytes.Length - at)).Clear();
                    File.WriteAllBytes(file, bytes);
                    break;
                case "longer":
                    File.WriteAllBytes(file, [.. bytes, .. RandomNumberGenerator.GetBytes(run.Random.Next(1, 10_000))]);
                    break;
                default:
                    File.Delete(file);
                    break;
            }
        }
    }
}
