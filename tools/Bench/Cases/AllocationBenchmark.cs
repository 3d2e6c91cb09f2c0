using System.Diagnostics;
using System.Globalization;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// Measures the allocations of the service's runtime for a PATCH of 8 MiB, and whether the heaps of large and of pinned objects, which hold
/// the network buffers, grow.
/// </summary>
internal sealed class AllocationBenchmark : IBenchmark
{
    private const double Goal = 16 << 10;
    private const int Size = 8 << 20;
    private const int WarmUps = 32;
    private const int Patches = 64;

    public string Name => "allocation";

    public string Question => "How much does the service's runtime allocate for a PATCH of 8 MiB?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var (each, large, pinned) = (new List<double>(), new List<double>(), new List<double>());
        using var scratch = new ScratchFolder(options, 4L << 30);
        var file = scratch.Fresh("allocated");
        var hooked = options with
        {
            Environment = new Dictionary<string, string>
            {
                ["DOTNET_STARTUP_HOOKS"] = typeof(AllocationBenchmark).Assembly.Location,
                [StartupHook.File] = file,
            },
        };
        // One process each, because its state in the first seconds lasts.
        for (var run = 0; run < (options.Runs ?? 5); run++)
        {
            var data = scratch.Fresh("data");
            await using (var service = await ServiceProcess.StartAsync(hooked, data, cancellationToken))
            {
                _ = await UploadAsync(service, file, WarmUps, cancellationToken);
                var grown = await UploadAsync(service, file, Patches, cancellationToken);
                each.Add(grown.Allocated / (double)Patches);
                large.Add(grown.Large);
                pinned.Add(grown.Pinned);
            }

            ScratchFolder.Remove(data);
        }

        return
        [
            new("allocated for a PATCH of 8 MiB", "bytes", each, Goal),
            new("growth of the large objects' heap", "bytes", large, 0),
            new("growth of the pinned objects' heap", "bytes", pinned, 0),
        ];
    }

    private static async Task<(long Allocated, long Large, long Pinned)> UploadAsync(
        ServiceProcess service, string file, int patches, CancellationToken cancellationToken)
    {
        using var http = new RawHttp(service.Address);
        var common = $"Host: 127.0.0.1:{service.Address.Port}\r\nAuthorization: Bearer {service.Key}\r\nTus-Resumable: 1.0.0\r\n";
        var location = http.Send(
            $"POST /files HTTP/1.1\r\n{common}Upload-Length: {(long)patches * Size}\r\nContent-Length: 0\r\n\r\n", 0, 0, 201)!;
        var path = new Uri(service.Address, location).AbsolutePath;
        var before = await CountsAsync(service, file, cancellationToken);
        for (long at = 0; at < (long)patches * Size; at += Size)
        {
            _ = http.Send(
                $"PATCH {path} HTTP/1.1\r\n{common}Upload-Offset: {at}\r\nContent-Type: "
                    + $"application/offset+octet-stream\r\nContent-Length: {Size}\r\n\r\n",
                at, Size, 204);
        }

        var after = await CountsAsync(service, file, cancellationToken);
        _ = http.Send($"DELETE {path} HTTP/1.1\r\n{common}\r\n", 0, 0, 204);
        return (after.Before - before.After, after.Large - before.Large, after.Pinned - before.Pinned);
    }

    private static async Task<(long Before, long Large, long Pinned, long After)> CountsAsync(
        ServiceProcess service, string file, CancellationToken cancellationToken)
    {
        File.Delete(file);
        using var signal = Process.Start("kill", ["-USR1", $"{service.ProcessId}"]);
        await signal.WaitForExitAsync(cancellationToken);
        // The end of the line is written last.
        while (!File.Exists(file) || !(await File.ReadAllTextAsync(file, cancellationToken)).EndsWith('\n'))
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellationToken);
        var numbers = (await File.ReadAllTextAsync(file, cancellationToken)).Split(' ')
            .Select(number => long.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        return (numbers[0], numbers[1], numbers[2], numbers[3]);
    }
}
