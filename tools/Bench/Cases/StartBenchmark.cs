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

    public string Name => "start";

    public string Question => "How long does a start take, the first time and on existing data?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var (first, later, external) = (new List<double>(), new List<double>(), new List<double>());
        using var scratch = new ScratchFolder(options, 1L << 30);
        for (var run = 0; run < (options.Runs ?? 5); run++)
        {
            var data = scratch.Fresh("data");
            foreach (var times in new[] { first, later })
            {
                await using var service = await ServiceProcess.StartAsync(options, data, cancellationToken);
                times.Add(service.StartTime.TotalSeconds);
                if (times == first)
                    Fill(service);
            }

            external.Add(await ExternalAsync(options, data, scratch.Fresh("beside"), cancellationToken));
            ScratchFolder.Remove(data);
        }

        return [new("first start", "s", first, Goal: 6), new("start on existing data", "s", later, Goal: 2.5),
            new("the same with a PostgreSQL server of one's own", "s", external, Goal: 1.5)];
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
