using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// M: the duration of requests as the ledger grows, and as a session's chunks grow. SQL copies the many uploads, in every table, from two
/// that were made through the API, one finished and one half received; their files do not exist, and nothing here reads them. The measured
/// uploads among them are real, and so are all chunks.
/// </summary>
internal sealed class GrowthBenchmark : IBenchmark
{
    private const double Goal = 1.5;
    private const int Small = 4 << 10;
    private const int Chunk = 1 << 10;
    private const int LeastSessions = 3, MostSessions = 16;
    private const int FewUploads = 1_000, FewChunks = 100;
    private const int JustBefore = 10;
    private const string Again = " again";

    public string Name => "growth";

    public string Question => "Do requests stay as quick when there are very many uploads, or chunks?";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var runs = options.Runs ?? 200;
        var largest = options.Uploads ?? 1_000_000;
        var chunks = options.Chunks ?? 100_000;
        if (largest <= FewUploads || chunks <= FewChunks)
            throw new BenchException($"growth compares with {FewUploads} uploads and {FewChunks} chunks: name more of both.");
        var figures = new List<Figure>();
        using var scratch = new ScratchFolder(options, 12L << 30);
        await LedgerAsync(options, scratch, Steps(FewUploads, largest), "", runs, figures, cancellationToken);
        // Measure the smallest size again at the end and take the faster of the two, because the service is colder at the first.
        await LedgerAsync(options, scratch, [FewUploads], Again, runs, figures, cancellationToken);
        await using (var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken))
        {
            await WarmUp.RunAsync(() => SessionsAsync(service, FewChunks, "", runs, cancellationToken), cancellationToken);
            foreach (var count in Steps(FewChunks, chunks))
                figures.AddRange(await SessionsAsync(service, count, "", runs, cancellationToken));
            figures.AddRange(await SessionsAsync(service, FewChunks, Again, runs, cancellationToken));
        }

        return
        [
            .. figures,
            .. Ratios(figures, [.. Steps(FewUploads, largest).Select(step => $"{step} uploads")]),
            .. Ratios(figures, [.. Steps(FewChunks, chunks).Select(step => $"{step} chunks")]),
        ];
    }

    private static async Task LedgerAsync(
        BenchOptions options, ScratchFolder scratch, IEnumerable<int> steps, string title, int runs, List<Figure> figures,
            CancellationToken cancellationToken)
    {
        await using var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken);
        using var client = new Caller(service);
        string[] made = [client.Tus(Small, Small), client.Tus(Small, Small / 2)];
        var total = made.Length;
        await WarmUp.RunAsync(
            () =>
            {
                total += Measure(client, FewUploads / WarmUp.Turns / 2, []);
                return Task.CompletedTask;
            },
            cancellationToken);
        foreach (var uploads in steps)
        {
            Copy(service, made[0], (uploads - total) / 2);
            Copy(service, made[1], (uploads - total) / 2);
            // The server's autovacuum does the same within a minute.
            _ = service.Ask("vacuum analyze");
            total = uploads + Measure(client, runs, figures, $"{uploads} uploads{title}");
        }
    }

    private static IEnumerable<int> Steps(int from, int to) =>
        new[] { from, from * 100, from * 1000 }.Where(step => step < to).Append(to).Distinct();

    /// <returns>The number of uploads made.</returns>
    private static int Measure(Caller client, int runs, List<Figure> figures, string? title = null)
    {
        var (status, list, patch, complete) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var open = client.Create(runs * (long)Chunk * 2);
        for (var run = 0; run < runs; run++)
        {
            patch.Add(Time(() => client.Patch(open, (long)run * Chunk, Chunk)));
            status.Add(Time(() => client.Head(open)));
            list.Add(Time(() => client.Get("/api/files")));
            var session = client.Session(Chunk);
            client.Put(session, 0, Chunk);
            complete.Add(Time(() => client.Complete(session)));
        }

        if (title is not null)
            Add(figures, title, ("status", status), ("list", list), ("PATCH", patch), ("complete", complete));
        return runs + 1;
    }

    /// <summary>Measures the last quarter of a session's chunks and its completion; several sessions where they are small.</summary>
    private static async Task<IReadOnlyList<Figure>> SessionsAsync(
        ServiceProcess service, int count, string title, int runs, CancellationToken cancellationToken)
    {
        var last = Math.Min(runs, count / 4);
        var (status, chunk, complete) = (new List<double>(), new List<double>(), new List<double>());
        for (var number = Math.Clamp(40_000 / count, LeastSessions, MostSessions); number > 0; number--)
        {
            string session;
            using (var first = new Caller(service))
                session = first.Session((long)count * Chunk);
            var queue = new ConcurrentQueue<int>(Enumerable.Range(0, count - last));
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    using var mine = new Caller(service);
                    while (queue.TryDequeue(out var index))
                        mine.Put(session, (long)index * Chunk, Chunk);
                },
                cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            // A new connection, because the service would have closed the first one: filling takes minutes.
            using var client = new Caller(service);
            for (var index = count - last; index < count; index++)
            {
                chunk.Add(Time(() => client.Put(session, (long)index * Chunk, Chunk)));
                status.Add(Time(() => client.Get(session)));
            }

            // Complete a few first: each connection plans the statements only once, and that must not be measured.
            for (var before = 0; before < JustBefore; before++)
            {
                var small = client.Session(Chunk);
                client.Put(small, 0, Chunk);
                client.Complete(small);
            }

            complete.Add(Time(() => client.Complete(session)));
        }

        var figures = new List<Figure>();
        Add(figures, $"{count} chunks{title}", ("status", status), ("chunk", chunk), ("complete", complete));
        return figures;
    }

    private static void Add(List<Figure> figures, string title, params (string Name, List<double> Times)[] measured)
    {
        foreach (var (name, times) in measured)
        {
            figures.Add(new Figure($"{title}: {name}", "ms", times));
            Console.Error.WriteLine($"  {figures[^1].Name}: {figures[^1].Median:F2} ms");
        }
    }

    /// <summary>Each step divided by the first.</summary>
    private static IEnumerable<Figure> Ratios(List<Figure> figures, IReadOnlyList<string> steps)
    {
        foreach (var before in figures.Where(figure => figure.Name.StartsWith(steps[0] + ":", StringComparison.Ordinal)))
        {
            var name = before.Name[(steps[0].Length + 2)..];
            var least = Math.Min(before.Median, Median($"{steps[0]}{Again}: {name}"));
            foreach (var large in steps.Skip(1))
                yield return new Figure($"{name}: {large} over {steps[0]}", "times", [Median($"{large}: {name}") / least], Goal);
        }

        double Median(string name) => figures.Single(figure => figure.Name == name).Median;
    }

    private static double Time(Action call)
    {
        var began = TimeProvider.System.GetTimestamp();
        call();
        return TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
    }

    /// <summary>Copies each row of an upload this number of times, with a new id and file, each a second older.</summary>
    private static void Copy(ServiceProcess service, string id, int times) => service.Ask(string.Create(CultureInfo.InvariantCulture, $$"""
        set search_path = chunkupload, public;
        create temp table copies as select gen_random_uuid() as upload, gen_random_uuid() as file, n from generate_series(1, {{times}}) n;
        create function pg_temp.copy_rows(source text, replaced jsonb, condition text) returns void language plpgsql as $$
        declare
            names text;
            fresh text;
        begin
            select string_agg(quote_ident(column_name), ', '),
                   string_agg(coalesce(replaced ->> column_name, 'source.' || quote_ident(column_name)), ', ')
            into names, fresh
            from information_schema.columns
            where table_schema = 'chunkupload' and table_name = source and is_identity = 'NO' and is_generated = 'NEVER';
            execute format('insert into %I (%s) select %s from %I source, copies where %s', source, names, fresh, source, condition);
        end $$;
        select pg_temp.copy_rows('uploads', '{"id": "copies.upload", "created_at": "source.created_at - copies.n * interval ''1 second''",
            "completed_at": "source.completed_at - copies.n * interval ''1 second''"}', $$source.id = '{{id}}'$$);
        select pg_temp.copy_rows('extents', '{"upload_id": "copies.upload", "file_id": "copies.file"}', $$source.upload_id = '{{id}}'$$);
        select pg_temp.copy_rows('stored_files', '{"id": "copies.file", "upload_id": "copies.upload"}', $$source.upload_id = '{{id}}'$$);
        select pg_temp.copy_rows('received_ranges', '{"upload_id": "copies.upload"}', $$source.upload_id = '{{id}}'$$);
        select pg_temp.copy_rows('events', '{"upload_id": "copies.upload"}', $$source.upload_id = '{{id}}'$$);
        """));

    /// <summary>The timed calls, over one connection.</summary>
    private sealed class Caller(ServiceProcess service) : IDisposable
    {
        private readonly RawHttp _http = new(service.Address);
        private readonly string _common = $"Host: 127.0.0.1:{service.Address.Port}\r\nAuthorization: Bearer {service.Key}\r\n";

        public string Create(long length) => _http.Send(
            $"POST /files HTTP/1.1\r\n{_common}Tus-Resumable: 1.0.0\r\nUpload-Length: {length}\r\nContent-Length: 0\r\n\r\n", 0, 0, 201)!;

        /// <returns>The upload's id.</returns>
        public string Tus(long length, int sent)
        {
            var path = Create(length);
            Patch(path, 0, sent);
            return path[(path.LastIndexOf('/') + 1)..];
        }

        public void Patch(string path, long at, int count) => _http.Send(
            $"PATCH {new Uri(service.Address, path).AbsolutePath} HTTP/1.1\r\n{_common}Tus-Resumable: 1.0.0\r\nUpload-Offset: "
                + $"{at}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {count}\r\n\r\n",
            at, count, 204);

        public void Head(string path) => _http.Send(
            $"HEAD {new Uri(service.Address, path).AbsolutePath} HTTP/1.1\r\n{_common}Tus-Resumable: 1.0.0\r\n\r\n", 0, 0, 200);

        public void Get(string path) => _http.Send($"GET {path} HTTP/1.1\r\n{_common}\r\n", 0, 0, 200);

        public string Session(long size)
        {
            var body = new JsonObject { ["fileName"] = "bench.bin", ["size"] = size }.ToJsonString();
            return _http.Send($"POST /api/sessions HTTP/1.1\r\n{_common}Content-Type: application/json\r\nContent-Length: "
                + $"{body.Length}\r\n\r\n{body}", 0, 0, 201)!;
        }

        public void Put(string session, long offset, int count) => _http.Send(
            $"PUT {session}/chunks/{offset} HTTP/1.1\r\n{_common}X-Chunk-SHA256: "
                + $"{Convert.ToHexStringLower(Material.Digest(offset, count))}\r\nContent-Length: {count}\r\n\r\n", offset, count, 201);

        public void Complete(string session) =>
            _http.Send($"POST {session}/complete HTTP/1.1\r\n{_common}Content-Type: application/json\r\nContent-Length: "
                + $"2\r\n\r\n{"{}"}", 0, 0, 200);

        public void Dispose() => _http.Dispose();
    }
}
