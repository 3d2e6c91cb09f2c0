using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// The time from <c>tools/run</c> (built) to "is ready": the first start creates a database cluster, later ones only start it.
/// </summary>
internal sealed class StartBenchmark : IBenchmark
{
    private const int Uploads = 500;
    private const int Size = 64 << 10;

    private const double OverBefore = 1.1;

    private static readonly string[] Kinds =
        ["first start", "start on existing data", "the same with a PostgreSQL server of one's own"];
    private static readonly double[] Goals = [6, 2.5, 1.5];

    public string Name => "start";

    public string Question => "How long does a start take, the first time and on existing data?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        using var scratch = new ScratchFolder(options, 1L << 30);
        var sides = options.Before is { } before ? new[] { options, options with { Root = before } } : [options];
        var times = sides.Select(_ => Kinds.Select(_ => new List<double>()).ToArray()).ToArray();
        for (var run = 0; run < (options.Runs ?? 5); run++)
        {
            for (var turn = 0; turn < sides.Length; turn++)
            {
                var side = (turn + run) % sides.Length;
                await OneAsync(sides[side], scratch, times[side], cancellationToken);
            }
        }

        var figures = Kinds.Select((kind, number) => new Figure(kind, "s", times[0][number], Goals[number]));
        return sides.Length == 1
            ? [.. figures]
            :
            [
                .. figures, .. Kinds.Select((kind, number) => new Figure($"{kind}, version before", "s", times[1][number])),
                .. Kinds.Select((kind, number) => new Figure(
                    $"{kind}, over that of the version before", "times",
                    [.. times[0][number].Zip(times[1][number], (now, then) => now / then)], OverBefore)),
            ];
    }

    /// <summary>Starts a service in each of the ways.</summary>
    private static async Task OneAsync(
        BenchOptions options, ScratchFolder scratch, List<double>[] times, CancellationToken cancellationToken)
    {
        var data = scratch.Fresh("data");
        foreach (var kind in new[] { 0, 1 })
        {
            await using var service = await ServiceProcess.StartAsync(options, data, cancellationToken);
            times[kind].Add(service.StartTime.TotalSeconds);
            if (kind == 0)
                Fill(service);
        }

        times[2].Add(await ExternalAsync(options, data, scratch.Fresh("beside"), cancellationToken));
        ScratchFolder.Remove(data);
    }

    /// <summary>Uses the cluster of one service as the server of another.</summary>
    private static async Task<double> ExternalAsync(BenchOptions options, string data, string beside, CancellationToken cancellationToken)
    {
        await using var server = await ServiceProcess.StartAsync(options, data, cancellationToken);
        _ = server.Ask("create database beside encoding 'UTF8' template template0");
        var external = options with { Settings = [$"--ConnectionStrings:Ledger={server.ConnectionTo("beside")}", .. options.Settings] };
        await using (var first = await ServiceProcess.StartAsync(external, beside, cancellationToken))
            Fill(first);

        await using var service = await ServiceProcess.StartAsync(external, beside, cancellationToken);
        return service.StartTime.TotalSeconds;
    }

    /// <summary>Adds finished and unfinished uploads.</summary>
    private static void Fill(ServiceProcess service)
    {
        using var http = new RawHttp(service.Address);
        var common = $"Host: 127.0.0.1:{service.Address.Port}\r\nAuthorization: Bearer {service.Key}\r\nTus-Resumable: "
            + $"1.0.0\r\nContent-Type: application/offset+octet-stream\r\n";
        for (var upload = 0; upload < Uploads; upload++)
        {
            var length = upload % 2 == 0 ? Size : Size * 2;
            _ = http.Send(
                $"POST /files HTTP/1.1\r\n{common}Upload-Length: {length}\r\nContent-Length: {Size}\r\n\r\n", 0, Size, 201);
        }
    }
}
