using System.Text.RegularExpressions;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// strace records every name that the service opens, creates, renames or removes while clients upload, send hostile names and ids, and
/// links that lead outside replace folders of the store. All names must lie in the data directory or belong to the runtime.
/// </summary>
internal sealed partial class PathsTest : IFaultTest
{
    private static readonly string[] Hostile =
    [
        "../victim", "..%2fvictim", "..%2F..%2F..%2Fetc%2Fpasswd", "%2e%2e/victim", "..\\victim", "..%5cvictim", "/etc/passwd",
            "%2fetc%2fpasswd", "a%00b",
        ".", "..", "con", "a/../../b", "....//victim", "%252e%252e%252fvictim", "\u2025/victim", "victim\n", new('a', 3000), "~root",
            "$(id)", "victim;ls", "-rf",
    ];

    // Files that the runtime and libcrypto read, and the folders of the runtime's diagnostics and shared memory.
    private static readonly string[] ReadOnlyPlaces = ["/usr/", "/lib/", "/lib64/", "/etc/", "/proc/", "/sys/", "/dev/", "/snap/", "/opt/"];
    private static readonly string[] RuntimePlaces = ["/dev/null", "/dev/tty", "/dev/urandom", "/dev/shm/", "/tmp/.dotnet",
        "/tmp/clr-debug-pipe", "/tmp/dotnet-diagnostic", "/proc/self/", "/memfd:"];

    public string Name => "paths";

    public string Number => "T20";

    public string Question => "Does the service ever touch a name outside its data directory?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        var trace = run.Place("trace");
        var service = new LabService(run, run.MakeFolder("data"))
        {
            Settings = { "--ConnectionStrings:Ledger=" + cluster.ConnectionString },
            Wrapper =
            {
                "strace", "-D", "-f", "-y", "-qq", "-s", "4096", "-o", trace, "-e",
                "trace=open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,"
                    + "mkdir,mkdirat,link,linkat,symlink,symlinkat,truncate,chmod,fchmodat,chown,fchownat,rmdir,mknod,mknodat",
            },
        };
        var outside = run.MakeFolder("outside");
        var (answered, exchanged, raced, kept, refused) = (0, 0, 0, 0, 0);
        await service.StartAsync(cancellationToken);
        using var wire = new WitnessClient(service.Address, service.Key);
        var witness = new WitnessHandle(run, service, clients: 4, largest: 60_000);
        await witness.LoadAsync(cancellationToken);
        await witness.AckedAsync(run.Count(ci: 150, soak: 5000), cancellationToken);
        await AttackAsync();
        await witness.HoldAsync(cancellationToken);
        await PlantAsync();
        await witness.FinishAsync(cancellationToken);
        run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
        await AuditAsync();
        run.Check(Directory.GetFileSystemEntries(outside).Length == 0, "a file was written through a planted link");

        async Task AttackAsync()
        {
            foreach (var name in Hostile)
            {
                await RefusedAsync(HttpMethod.Put, $"/api/files/{name}");
                await RefusedAsync(HttpMethod.Get, $"/api/files/{name}/content");
                await RefusedAsync(HttpMethod.Delete, $"/api/files/{name}");
                await RefusedAsync(HttpMethod.Delete, $"/files/{name}");
                await RefusedAsync(HttpMethod.Head, $"/files/{name}");
                await RefusedAsync(HttpMethod.Delete, $"/uploads/{name}");
                await RefusedAsync(HttpMethod.Put, $"/api/sessions/{name}/chunks/0");
                await RefusedAsync(HttpMethod.Get, $"/api/sessions/{name}");
                await RefusedAsync(HttpMethod.Post, "/files", ("Tus-Resumable", "1.0.0"), ("Upload-Concat", $"final;/files/{name}"));
                await RefusedAsync(HttpMethod.Post, "/files", ("Tus-Resumable", "1.0.0"), ("Upload-Length", "1"),
                    ("Upload-Metadata", "filename " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(name))));
            }
        }

        async Task RefusedAsync(HttpMethod method, string path, params (string, string)[] headers)
        {
            run.Injected++;
            try
            {
                var answer = await wire.AskAsync(
                    method, path, method == HttpMethod.Put ? new ByteArrayContent([1]) : null, cancellationToken, headers);
                answered += answer is null ? 0 : 1;
                run.Check(answer?.Status is not >= 500, $"{method} {path} was answered with {answer}");
            }
            catch (Exception e) when (e is UriFormatException or FormatException)
            {
                // The client library refuses to send this value.
            }
        }

        // Replaces folders of the store by links while chunks are written. A writer that follows one would write outside.
        async Task PlantAsync()
        {
            var shards = Directory.GetDirectories(Path.Combine(service.Data, "files", "chunks")).Order(StringComparer.Ordinal).ToArray();
            var enough = run.IsSoak ? 500 : 60;
            var planting = Task.Run(
                () =>
                {
                    // Every folder once in CI, ten thousand replacements in the soak, and for as long as the concurrent writes take.
                    for (var round = 0; round < (run.IsSoak ? 40 : 1) || Volatile.Read(ref raced) < enough; round++)
                    {
                        // Many at a time, so that some of the concurrent writes meet one.
                        foreach (var some in shards.Chunk(64))
                        {
                            cancellationToken.ThrowIfCancellationRequested();
                            foreach (var shard in some)
                            {
                                Directory.Move(shard, shard + "-aside");
                                _ = Directory.CreateSymbolicLink(shard, outside);
                                exchanged++;
                            }

                            foreach (var shard in some)
                            {
                                Directory.Delete(shard);
                                Directory.Move(shard + "-aside", shard);
                            }
                        }
                    }
                },
                cancellationToken);
            while (!planting.IsCompleted)
            {
                // The request may be refused or find nothing, but must not write elsewhere.
                var answer = await ChunkAsync("raced");
                run.Check(answer?.Status is not 500, $"a chunk beside folders that become links was answered with {answer}");
                kept += answer?.Status is 201 ? 1 : 0;
                _ = Interlocked.Increment(ref raced);
            }

            await planting;
            run.Injected += exchanged;
            run.Figures.Add($"{exchanged} folders exchanged for links beside {raced} chunks, of which {raced - kept} were refused");
            foreach (var shard in shards)
            {
                Directory.Move(shard, shard + "-aside");
                _ = Directory.CreateSymbolicLink(shard, outside);
            }

            for (var tries = 0; tries < 20; tries++)
            {
                run.Injected++;
                var answer = await ChunkAsync("planted");
                refused += answer?.Status is 503 ? 1 : 0;
                run.Check(answer?.Status is 503, $"a chunk whose folder is a link was answered with {answer}");
            }

            foreach (var shard in shards)
            {
                Directory.Delete(shard);
                Directory.Move(shard + "-aside", shard);
            }
        }

        async Task<Answer?> ChunkAsync(string name)
        {
            var session = await wire.AskAsync(HttpMethod.Post, "/api/sessions",
                System.Net.Http.Json.JsonContent.Create(new System.Text.Json.Nodes.JsonObject { ["fileName"] = name, ["size"] = 1000 }),
                    cancellationToken);
            return await wire.AskAsync(HttpMethod.Put, $"/api/sessions/{session!.Json!["id"]}/chunks/0",
                new ByteArrayContent(new byte[1000]), cancellationToken,
                    ("X-Chunk-SHA256", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(new byte[1000]))));
        }

        async Task AuditAsync()
        {
            var (looked, strange) = (0, new HashSet<string>());
            await foreach (var line in File.ReadLinesAsync(trace, cancellationToken))
            {
                if (Call().Match(line) is not { Success: true } call)
                    continue;
                var writes = call.Groups["name"].Value is not ("open" or "openat" or "openat2") || call.Groups["rest"]
                    .Value.Contains("O_CREAT", StringComparison.Ordinal)
                    || call.Groups["rest"].Value.Contains("O_WRONLY", StringComparison.Ordinal) || call.Groups["rest"]
                        .Value.Contains("O_RDWR", StringComparison.Ordinal);
                foreach (Match name in Named().Matches(call.Groups["rest"].Value))
                {
                    looked++;
                    var path = name.Groups["path"].Value;
                    var full = Path.GetFullPath(Path.Combine(name.Groups["folder"].Success ? name.Groups["folder"].Value : "/", path));
                    if (!IsAllowed(full, writes))
                        _ = strange.Add($"{call.Groups["name"].Value} {full}");
                }
            }

            run.Floor("names that strace saw", looked, 1000);
            run.Floor("acknowledgements", run.Acknowledged, run.Count(ci: 150, soak: 5000));
            run.Floor("hostile requests that were answered", answered, 150);
            run.Floor("folders that were exchanged for links", exchanged, 256);
            run.Floor("chunks while folders were exchanged", raced, 60);
            run.Floor("chunks among these whose folder was a link", raced - kept, 1);
            run.Floor("chunks among these that were written", kept, 1);
            run.Floor("chunks whose folder was a link and that were refused", refused, 20);
            foreach (var name in strange.Take(20))
                run.Violate($"outside the data directory: {name}");
            run.Figures.Add($"{looked} names audited");
        }

        bool IsAllowed(string path, bool writes) =>
            path == service.Data || path.StartsWith(service.Data + "/", StringComparison.Ordinal)
            || RuntimePlaces.Any(place => path.StartsWith(place, StringComparison.Ordinal))
            || (!writes && (path.StartsWith(run.Root, StringComparison.Ordinal)
                || ReadOnlyPlaces.Any(place => path.StartsWith(place, StringComparison.Ordinal))
                    || run.Folder.StartsWith(path, StringComparison.Ordinal)
                        || path.StartsWith(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"^\d+ +(?<name>[a-z0-9]+)\((?<rest>.*)$")]
    private static partial Regex Call();

    // With -y, strace prints the path after a folder's descriptor.
    [GeneratedRegex(@"(?:(?:AT_FDCWD|\d+)<(?<folder>[^>]*)>, )?""(?<path>(?:[^""\\]|\\.)*)""")]
    private static partial Regex Named();
}
