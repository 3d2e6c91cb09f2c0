using System.Collections.Concurrent;
using System.Security.Cryptography;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// Concatenates 64 partial tus uploads of 64 MiB: from the request for the final upload to its answer, and until HEAD reports it complete
/// and its last bytes can be downloaded. The content is compared afterwards, outside the measured time.
/// </summary>
internal sealed class JoinBenchmark : IBenchmark
{
    private const double Goal = 4000;
    private const int Parts = 64;

    public string Name => "join";

    public string Question => "How soon are 64 partial uploads one file?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var content = Content.Create(options.Size ?? 4L << 30, (int)((options.Size ?? 4L << 30) / Parts), whole: true, cancellationToken);
        var size = $"{content.Count} × {content.ChunkSize >> 20} MiB";
        var (answered, whole) = (new List<double>(), new List<double>());
        for (var run = 0; run < (options.Runs ?? 3); run++)
        {
            using var scratch = new ScratchFolder(options, content.Size + (1L << 30));
            await using var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken);
            using var client = new TusClient(service);
            var parts = await UploadAsync(client, content, Math.Min(4, options.Connections), cancellationToken);

            var began = TimeProvider.System.GetTimestamp();
            var final = await client.JoinAsync(parts, cancellationToken);
            answered.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
            // HEAD must not report completion earlier; a goal missed by far ends the run.
            while (await client.HeadAsync(final, cancellationToken) is var head && head != (content.Size, content.Size))
            {
                if (head.Offset == content.Size || TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromMinutes(5))
                    throw new BenchException($"The final upload is at {head.Offset} of {head.Length}.");
            }

            var last = await client.RangeAsync(final, content.Size - 100, content.Size - 1, cancellationToken);
            whole.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
            await Console.Error.WriteLineAsync($"  join, {size}: answered after {answered[^1]:F0} ms, whole after {whole[^1]:F0} ms");
            if (!content.Fill(content.Count - 1, content.NewBuffer()).Span.EndsWith(last))
                throw new BenchException("The last bytes are others.");
            await using var download = await client.DownloadAsync(final, cancellationToken);
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(download, cancellationToken)) != content.Sha256)
                throw new BenchException("The joined file has other bytes than its parts.");
        }

        return [new Figure($"join, {size}, answer", "ms", answered), new Figure($"join, {size}, downloadable", "ms", whole, Goal)];
    }

    private static async Task<string[]> UploadAsync(TusClient client, Content content, int connections, CancellationToken cancellationToken)
    {
        var paths = new string[content.Count];
        var queue = new ConcurrentQueue<int>(Enumerable.Range(0, content.Count));
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(
            async () =>
            {
                var buffer = content.NewBuffer();
                while (queue.TryDequeue(out var index))
                    paths[index] = await client.UploadPartAsync(content.Fill(index, buffer), cancellationToken);
            },
            cancellationToken)));
        return paths;
    }
}
