using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// 10,000 files of 4 KiB to the same service, one way after the other: by tus (creation with upload) and by PUT to a path, on one
/// connection and on several, and as one tar stream; and the same tar stream again, of which nothing is stored.
/// </summary>
internal sealed class SmallFilesBenchmark : IBenchmark
{
    private const int Size = 4 << 10;
    private const double Goal = 0.1;
    private const double PathGoal = 1.1;

    public string Name => "files";

    public string Question => "How fast do 10,000 small files arrive by tus, by PUT and by tar?";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var count = options.Uploads ?? 10_000;
        using var scratch = new ScratchFolder(options, (long)count * Size * 10 + (1L << 30));
        await using var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = service.Address,
            Timeout = TimeSpan.FromMinutes(10),
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", service.Key);
        var all = Archive(count);
        // Warm up, so that compilation is not measured.
        await SendAsync("tus", count / 10, options.Connections);
        await SendAsync("put", count / 10, options.Connections);
        await TarAsync("warm", count / 10);

        var (rates, times, paths) = (new Dictionary<string, List<double>>(), new List<double>(), new List<double>());
        for (var run = 0; run < (options.Runs ?? 3); run++)
        {
            var one = await MeasureAsync("tus, 1 connection", () => SendAsync("tus", count, 1));
            var placed = await MeasureAsync(
                $"tus, {options.Connections} connections", () => SendAsync("tus", count, options.Connections));
            var unfiled = await MeasureAsync(
                $"tus without a path, {options.Connections} connections", () => SendAsync("unfiled", count, options.Connections));
            paths.Add(unfiled / placed);
            await MeasureAsync("PUT by path, 1 connection", () => SendAsync("put", count, 1));
            await MeasureAsync($"PUT by path, {options.Connections} connections", () => SendAsync("put", count, options.Connections));
            var tar = await MeasureAsync("tar", () => TarAsync($"tar {run}", count));
            await MeasureAsync("the same tar again", () => TarAsync($"tar {run}", count, "unchanged"));
            times.Add(one / tar);
        }

        return
        [
            .. rates.Select(rate => new Figure($"{count} files of 4 KiB, {rate.Key}", "files/s", rate.Value)),
            new Figure($"tus with a path, time over without, {options.Connections} connections", "times", paths, PathGoal),
            new Figure("tar, time over that of tus on 1 connection", "times", times, Goal),
        ];

        async Task<double> MeasureAsync(string what, Func<Task> send)
        {
            var began = TimeProvider.System.GetTimestamp();
            await send();
            var rate = count / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {what}: {rate:F0} files/s"));
            if (!rates.TryGetValue(what, out var samples))
                rates[what] = samples = [];
            samples.Add(rate);
            return rate;
        }

        Task SendAsync(string way, int files, int connections)
        {
            var folder = Guid.NewGuid().ToString("N");
            var queue = new ConcurrentQueue<int>(Enumerable.Range(0, files));
            return Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    using var connection = new RawHttp(service.Address);
                    while (queue.TryDequeue(out var index))
                        connection.Send(HeadOf(way, folder, index), (long)index * Size, Size, (int)HttpStatusCode.Created);
                },
                cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        }

        string HeadOf(string way, string folder, int index)
        {
            var line = way == "put"
                ? $"PUT /api/tree/{folder}/{index}?parents=true HTTP/1.1\r\n"
                : $"POST /files HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Length: {Size}\r\n"
                    + "Content-Type: application/offset+octet-stream\r\n"
                    + $"Upload-Metadata: {(way == "tus" ? "path" : "filename")} "
                    + $"{Convert.ToBase64String(Encoding.ASCII.GetBytes($"{folder}/{index}"))}\r\n";
            return $"{line}Host: {service.Address.Authority}\r\nAuthorization: Bearer {service.Key}\r\nContent-Length: {Size}\r\n\r\n";
        }

        async Task TarAsync(string folder, int files, string outcome = "created")
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/tree/{folder}?unpack=tar&parents=true");
            request.Content = new ByteArrayContent(files == count ? all : Archive(files));
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!answer.Contains("\"complete\":true", StringComparison.Ordinal)
                || !answer.Contains($"\"{outcome}\":{files},", StringComparison.Ordinal))
            {
                throw new BenchException(
                    $"The archive was answered with {(int)response.StatusCode}: {answer[^Math.Min(500, answer.Length)..]}");
            }
        }
    }

    private static byte[] Archive(int files)
    {
        var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            for (var i = 0; i < files; i++)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, i.ToString(CultureInfo.InvariantCulture))
                {
                    // Before the material begins again.
                    DataStream = new MemoryStream(Material.At((long)(i % 4000) * Size, Size).ToArray(), writable: false),
                    ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
        }

        return archive.ToArray();
    }
}
