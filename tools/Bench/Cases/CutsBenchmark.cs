using System.Net;
using System.Security.Cryptography;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// Cuts the connections of tus uploads at random bytes with the tests' proxy and sends HEAD right after: how much of what was passed to the
/// server must be sent again? A third of the cuts each: reset, closed, and silent with the connection still open. At most the bytes in the
/// kernels' buffers at the cut may be lost, because HEAD comes at once. Each file's content is compared at the end.
/// </summary>
internal sealed class CutsBenchmark : IBenchmark
{
    private const int CutsOfAnUpload = 10;

    public string Name => "cuts";

    public string Question => "How many bytes that reached the server must be sent again after a cut?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var content = new byte[options.Size ?? 64 << 20];
        new Random(20_262).NextBytes(content);
        var cuts = (options.Runs ?? 300) / 3;
        using var scratch = new ScratchFolder(options, (content.Length * 4L) + (1L << 30));
        var figures = new List<Figure>();
        await using (var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken))
        {
            using var client = new AnyTusClient(service.Address, service.Key);
            foreach (var ending in Enum.GetValues<Ending>())
                figures.AddRange(
                    await MeasureAsync("ChunkUpload", goal: 0, client, service.Address, ending, cuts, content, cancellationToken));
        }

        await using (var server = await TusServerProcess.StartAsync(options, scratch.Fresh("tus-server"), cancellationToken))
        {
            using var client = new AnyTusClient(server.Address, key: null);
            foreach (var ending in Enum.GetValues<Ending>())
                figures.AddRange(
                    await MeasureAsync("@tus/server", goal: null, client, server.Address, ending, cuts, content, cancellationToken));
        }

        return figures;
    }

    private static async Task<Figure[]> MeasureAsync(
        string server, double? goal, AnyTusClient client, Uri address, Ending ending, int cuts, byte[] content,
            CancellationToken cancellationToken)
    {
        // The same cuts for each server.
        var random = new Random(20_263);
        var digest = SHA256.HashData(content);
        var samples = new List<(long Again, long InFlight)>();
        await using var proxy = new CutProxy(address) { ToService = ending };
        while (samples.Count < cuts)
        {
            var path = await client.CreateAsync(content.Length, cancellationToken);
            long offset = 0;
            foreach (var cut in Enumerable.Range(0, CutsOfAnUpload).Select(_ => random.NextInt64(1, content.Length)).Order().ToList())
            {
                while (cut > offset && samples.Count < cuts)
                {
                    var broken = proxy.Broken;
                    var head = client.PatchHead(path, offset, content.Length - offset);
                    proxy.CutAfter(head.Length + cut - offset);
                    using var socket = await AnyTusClient.SendAsync(proxy.Address, head, content.AsMemory((int)offset), cancellationToken);
                    await AnyTusClient.HearAsync(socket, cancellationToken);
                    if (proxy.Broken > broken)
                    {
                        await proxy.CutAsync();
                        offset = await client.OffsetAsync(path, cancellationToken);
                        samples.Add((cut - offset, proxy.InFlight));
                        break;
                    }

                    // The append was refused: bytes before the cut were handled after the HEAD, and only now the offset is certain.
                    proxy.ForgetCuts();
                    await CorrectAsync();
                }
            }

            while (await client.PatchAsync(path, offset, content.AsMemory((int)offset), cancellationToken) != HttpStatusCode.NoContent)
                await CorrectAsync();

            async Task CorrectAsync()
            {
                var now = await client.OffsetAsync(path, cancellationToken);
                if (samples.Count > 0)
                    samples[^1] = (samples[^1].Again - (now - offset), samples[^1].InFlight);
                offset = now;
            }

            var arrived = await client.DigestAsync(path, cancellationToken);
            if (!digest.SequenceEqual(arrived))
                throw new BenchException($"{server}: after the cuts {path} is not what was sent.");
            await client.DeleteAsync(path, cancellationToken);
        }

        var name = $"{server}, {ending.ToString().ToLowerInvariant()}";
        return
        [
            new($"{name}: sent again", "bytes", [.. samples.Select(sample => (double)sample.Again)]),
            new($"{name}: of it, not in the kernel", "bytes",
                [.. samples.Select(sample => (double)Math.Max(0, sample.Again - sample.InFlight))], goal) { Quantile = 1 },
        ];
    }
}
