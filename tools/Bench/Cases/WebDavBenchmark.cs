using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// WebDAV beside Apache's module and beside the service's own protocol, and what versions cost. Both servers have the same files on the
/// same disk; runs alternate.
/// </summary>
internal sealed class WebDavBenchmark : IBenchmark
{
    private const int Entries = 10_000;
    private const int Crowd = 100_000;
    private const int Files = 1_000;
    private const int Connections = 8;

    private static readonly byte[] Content = new byte[4096];

    public string Name => "webdav";

    public string Question => "What do WebDAV and versions cost?";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var runs = options.Runs ?? 9;
        using var scratch = new ScratchFolder(options, 2L << 30);
        await using var apache = await WebDavProcess.StartAsync(scratch.Fresh("apache"), cancellationToken);
        await using var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = Connections })
        { BaseAddress = service.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", service.Key);
        foreach (var folder in (string[])["long", "crowd"])
            await SendAsync("MKCOL", $"/dav/shared/{folder}");
        Directory.CreateDirectory(Path.Combine(apache.Files, "long"));
        await EachAsync(Entries, async number =>
        {
            await SendAsync("PUT", $"/dav/shared/long/file{number:D5}", new byte[1]);
            await File.WriteAllBytesAsync(Path.Combine(apache.Files, "long", $"file{number:D5}"), new byte[1], cancellationToken);
        });
        _ = service.Ask("vacuum analyze");
        var theirs = new Uri(apache.Address, "/long/").ToString();
        await WarmUp.RunAsync(
            async () =>
            {
                await FindAsync("/dav/shared/long/");
                await FindAsync(theirs);
                await PutAllAsync("/dav/shared");
                await PutAllAsync("/api/tree");
            },
            cancellationToken);

        var (own, other, dav, tree) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var run = 0; run < runs; run++)
        {
            own.Add(await TimeAsync(() => FindAsync("/dav/shared/long/")));
            other.Add(await TimeAsync(() => FindAsync(theirs)));
            dav.Add(await TimeAsync(() => PutAllAsync("/dav/shared")));
            tree.Add(await TimeAsync(() => PutAllAsync("/api/tree")));
        }

        var figures = new List<Figure>
        {
            new($"PROPFIND of {Entries} entries", "ms", own),
            new("the same of Apache", "ms", other),
            Ratio($"PROPFIND of {Entries} entries, over Apache's", own, other, 1.5),
            new($"PUT of {Files} files of 4 KiB", "ms", dav),
            new("PUT /api/tree of as many", "ms", tree),
            Ratio($"PUT of {Files} files, over PUT /api/tree", dav, tree, 1.2),
        };
        figures.AddRange(await VersionsAsync());
        figures.Add(await MemoryAsync());
        return figures;

        // What is replaced with and without a policy, and how long a list of as many versions takes.
        async Task<Figure[]> VersionsAsync()
        {
            var spaces = (await JsonAsync("/api/spaces"))["items"]!.AsArray();
            var space = (string)spaces.Single(one => (string?)one!["kind"] == "shared")!["id"]!;
            var (kept, plain, lists) = (new List<double>(), new List<double>(), new List<double>());
            foreach (var folder in (string[])["kept", "plain"])
            {
                await SendAsync("MKCOL", $"/dav/shared/{folder}");
                await SendAsync("PUT", $"/dav/shared/{folder}/x", Content);
            }

            using (var set = await http.PatchAsJsonAsync(
                $"/api/spaces/{space}", new { versions = new { last = 2000 }, folder = "kept" }, cancellationToken))
                _ = set.EnsureSuccessStatusCode();
            for (var number = 0; number < Files; number++)
            {
                kept.Add(await TimeAsync(() => SendAsync("PUT", "/dav/shared/kept/x", Content)));
                plain.Add(await TimeAsync(() => SendAsync("PUT", "/dav/shared/plain/x", Content)));
            }

            var id = (string)(await JsonAsync("/api/tree/kept/x?format=json"))["id"]!;
            for (var run = 0; run < runs * 3; run++)
                lists.Add(await TimeAsync(() => JsonAsync($"/api/entries/{id}/versions?limit=1000")));
            return
            [
                new Figure($"a list of {Files} versions", "ms", lists, 20),
                Ratio("a replaced file with a policy, over one without", kept, plain, 1.1),
            ];
        }

        async Task<Figure> MemoryAsync()
        {
            _ = service.Ask(string.Create(CultureInfo.InvariantCulture, $"""
                set search_path = chunkupload, public;
                insert into entries (id, space, parent, name, kind, modified_ns, owner)
                select gen_random_uuid(), f.space, f.id, 'entry ' || n, 'folder', n, 'bench'
                from generate_series(1, {Crowd}) n, (select * from entries where name = 'crowd') f;
                select 1
                """));
            await FindAsync("/dav/shared/crowd/");
            var before = ProcessFacts.ResidentBytes(service.ProcessId);
            long most = 0;
            for (var run = 0; run < 3; run++)
                await FindAsync("/dav/shared/crowd/", () => most = Math.Max(most, ProcessFacts.ResidentBytes(service.ProcessId)));
            return new Figure(
                $"memory of a PROPFIND of {Crowd} entries above that after the first one", "MiB", [(most - before) / 1048576.0], 16);
        }

        async Task PutAllAsync(string root)
        {
            var folder = $"{root}/{Guid.NewGuid():n}";
            if (root.StartsWith("/dav", StringComparison.Ordinal))
                await SendAsync("MKCOL", folder);
            else
                await SendAsync("PUT", folder + "/");
            await EachAsync(Files, number => SendAsync("PUT", $"{folder}/{number}", Content));
        }

        async Task SendAsync(string method, string path, byte[]? body = null)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
            request.Content = body is null ? null : new ByteArrayContent(body);
            using var answer = await http.SendAsync(request, cancellationToken);
            if (!answer.IsSuccessStatusCode)
                throw new BenchException($"{method} {path} was answered with {(int)answer.StatusCode}.");
        }

        async Task FindAsync(string address, Action? meanwhile = null)
        {
            using var request = new HttpRequestMessage(new HttpMethod("PROPFIND"), new Uri(address, UriKind.RelativeOrAbsolute));
            request.Headers.Add("Depth", "1");
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await using var body = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(cancellationToken);
            var block = new byte[1 << 20];
            while (await body.ReadAsync(block, cancellationToken) > 0)
                meanwhile?.Invoke();
        }

        async Task<JsonNode> JsonAsync(string path) =>
            JsonNode.Parse(await http.GetStringAsync(new Uri(path, UriKind.Relative), cancellationToken))!;

        Task EachAsync(int count, Func<int, Task> act) => Parallel.ForEachAsync(
            Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Connections, CancellationToken = cancellationToken },
            async (number, _) => await act(number));
    }

    private static Figure Ratio(string name, List<double> measured, List<double> compared, double goal) => new(
        name, "times", [new Figure("", "", measured).Median / new Figure("", "", compared).Median], goal);

    private static async Task<double> TimeAsync(Func<Task> call)
    {
        var began = TimeProvider.System.GetTimestamp();
        await call();
        return TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
    }
}
