using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// Requests to a tree that has 1,000,000 entries, 100,000 of them in one folder, beside those to a tree that has 1,000. SQL makes the many
/// entries; they have no content, and nothing here reads it. Everything that is timed goes through the API.
/// </summary>
internal sealed class TreeBenchmark : IBenchmark
{
    private const int Crowd = 100_000;
    private const int PerFolder = 1_000;
    private const int Page = 1_000;
    private const double Goal = 1.5;

    public string Name => "tree";

    public string Question => "Do requests to a tree stay as quick when it has very many entries?";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var runs = options.Runs ?? 50;
        var entries = options.Uploads ?? 1_000_000;
        if (entries < 2 * Crowd)
            throw new BenchException($"tree compares with a folder of {Crowd} entries: name at least {2 * Crowd}.");
        using var scratch = new ScratchFolder(options, 4L << 30);
        await using var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = service.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", service.Key);
        await SendAsync(HttpMethod.Put, "small/folder/?parents=true");
        await SendAsync(HttpMethod.Put, "large/folder/?parents=true");
        Fill(service, "small", PerFolder);
        _ = service.Ask("vacuum analyze");
        await WarmUp.RunAsync(() => MeasureAsync("small", 10, null), cancellationToken);
        var figures = new List<Figure>();
        await MeasureAsync("small", runs, figures);
        Fill(service, "large", Crowd);
        for (var made = Crowd + PerFolder; made < entries; made += Crowd)
            Spread(service, Math.Min(Crowd, entries - made) / PerFolder);
        // The server's autovacuum does the same within a minute.
        _ = service.Ask("vacuum analyze");
        await MeasureAsync("large", runs, figures);
        return
        [
            .. figures,
            .. figures.Where(figure => figure.Name.StartsWith("large", StringComparison.Ordinal)).Select(figure => new Figure(
                figure.Name["large: ".Length..] + ", large over small", "times",
                [figure.Median / figures.Single(small => small.Name == "small" + figure.Name["large".Length..]).Median], Goal)),
        ];

        async Task MeasureAsync(string tree, int times, List<Figure>? into)
        {
            var measured = new Dictionary<string, List<double>>();
            string? cursor = null;
            for (var run = 0; run < times; run++)
            {
                var after = cursor is null ? "" : $"&cursor={cursor}";
                var page = await TimeAsync(
                    $"a page of {Page} by name", () => SendAsync(HttpMethod.Get, $"{tree}/folder/?limit={Page}{after}"));
                cursor = (string?)page["nextCursor"];
                await TimeAsync(
                    "PUT of a new file", () => SendAsync(HttpMethod.Put, $"{tree}/folder/new {Guid.NewGuid():N}", new StringContent("x")));
                await TimeAsync("move of the folder", () => RenameAsync($"{tree}/folder", "moved"));
                await RenameAsync($"{tree}/moved", "folder");
                await TimeAsync("search by name, one hit", () => SendAsync(HttpMethod.Get, $"?search={NameOf(tree, run)}&limit=10"));
                await TimeAsync($"{Page} changes", () => SendAsync(HttpMethod.Get, $"../changes?limit={Page}"));
            }

            foreach (var (name, all) in measured)
            {
                into?.Add(new Figure($"{tree}: {name}", "ms", all));
                await Console.Error.WriteLineAsync(
                    string.Create(CultureInfo.InvariantCulture, $"  {tree}: {name}: {all.Order().ElementAt(all.Count / 2):F2} ms"));
            }

            async Task<JsonNode> TimeAsync(string name, Func<Task<JsonNode>> call)
            {
                var began = TimeProvider.System.GetTimestamp();
                var answer = await call();
                if (!measured.TryGetValue(name, out var all))
                    measured[name] = all = [];
                all.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
                return answer;
            }
        }

        Task<JsonNode> RenameAsync(string path, string name) => SendAsync(HttpMethod.Patch, path, JsonContent.Create(new { name }));

        async Task<JsonNode> SendAsync(HttpMethod method, string path, HttpContent? content = null)
        {
            using var request = new HttpRequestMessage(method, new Uri($"/api/tree/{path}", UriKind.Relative)) { Content = content };
            using var answer = await http.SendAsync(request, cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (!answer.IsSuccessStatusCode)
                throw new BenchException($"{method} {path} was answered with {(int)answer.StatusCode}: {text}");
            return JsonNode.Parse(text)!;
        }
    }

    /// <summary>The MD5 of the entry's number, as PostgreSQL computes it: a name that has little in common with others.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "Nothing is protected by it.")]
    private static string NameOf(string tree, int number) =>
        Convert.ToHexStringLower(MD5.HashData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{tree} {number}"))));

    /// <summary>Makes this number of links in the folder of a tree: an entry of their kind needs no content.</summary>
    private static void Fill(ServiceProcess service, string tree, int count) =>
        service.Ask(string.Create(CultureInfo.InvariantCulture, $$"""
        set search_path = chunkupload, public;
        with made as (
            insert into entries (id, space, parent, name, kind, modified_ns, link_target, owner)
            select gen_random_uuid(), f.space, f.id, md5('{{tree}} ' || n), 'link', n, 'target', 'bench'
            from generate_series(0, {{count}} - 1) n,
                 (select f.* from entries f join entries t on t.id = f.parent where f.name = 'folder' and t.name = '{{tree}}') f
            returning *
        ), counted as (
            update spaces s set sequence = s.sequence + {{count}}, entries = s.entries + {{count}}
            returning s.id, s.sequence - {{count}} as before
        )
        insert into changes (space, number, kind, subject, entry, parent, name, entry_kind, revision, modified_ns, link_target)
        select m.space, c.before + row_number() over (), 'created', 'bench', m.id, m.parent, m.name, 'link', 1, m.modified_ns, 'target'
        from made m, counted c;
        select 1
        """));

    /// <summary>Makes folders of <see cref="PerFolder"/> links each.</summary>
    private static void Spread(ServiceProcess service, int folders)
    {
        _ = service.Ask(string.Create(CultureInfo.InvariantCulture, $$"""
            set search_path = chunkupload, public;
            with folders as (
                insert into entries (id, space, parent, name, kind, modified_ns, owner)
                select gen_random_uuid(), s.id, s.id, 'spread ' || gen_random_uuid(), 'folder', 0, 'bench'
                from generate_series(1, {{folders}}), spaces s
                returning id, space
            )
            insert into entries (id, space, parent, name, kind, modified_ns, link_target, owner)
            select gen_random_uuid(), f.space, f.id, 'entry ' || n || ' ' || md5(f.id::text || n), 'link', n, 'target', 'bench'
            from folders f, generate_series(1, {{PerFolder}}) n;
            update spaces set entries = (select count(*) from entries where parent is not null);
            select 1
            """));
    }
}
