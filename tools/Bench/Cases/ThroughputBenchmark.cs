using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>What a GiB costs through the session API, from the first chunk to the answer of complete. For information: it has no goal yet.</summary>
internal sealed class ThroughputBenchmark : IBenchmark
{
    public string Name => "throughput";

    public string Question => "How fast are sessions received, and for how much CPU?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var content = Content.Create(options.Size ?? 2L << 30, options.Chunk ?? 8 << 20, whole: false, cancellationToken);
        var gib = content.Size / (double)(1L << 30);
        var (speed, serviceCpu, databaseCpu) = (new List<double>(), new List<double>(), new List<double>());
        using var scratch = new ScratchFolder(options, (2 * content.Size) + (1L << 30));
        await using var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken);
        using var client = new SessionClient(service);

        // The first one is for the compiler.
        for (var run = -1; run < (options.Runs ?? 5); run++)
        {
            var session = await client.CreateAsync(content.Size, null, cancellationToken);
            var cpu = service.CpuSeconds();
            var began = TimeProvider.System.GetTimestamp();
            _ = await Sender.SendAsync(client, session, content, Sender.Shuffled(content), options.Connections, cancellationToken);
            _ = await client.CompleteAsync(session, null, cancellationToken);
            var took = TimeProvider.System.GetElapsedTime(began);

            // The rest of the merge and the digest belong to the price, but nobody waits for them.
            var file = await SettledAsync(client, session, cancellationToken);
            var after = service.CpuSeconds();
            if (run >= 0)
            {
                speed.Add(content.Size / took.TotalSeconds / (1 << 20));
                serviceCpu.Add((after.Service - cpu.Service) / gib);
                databaseCpu.Add((after.Database - cpu.Database) / gib);
            }

            await client.DeleteAsync(file, cancellationToken);
        }

        return
        [
            new("session upload, speed", "MiB/s", speed),
            new("session upload, CPU of the service", "CPU-s/GiB", serviceCpu),
            new("session upload, CPU of PostgreSQL", "CPU-s/GiB", databaseCpu),
        ];
    }

    private static async Task<string> SettledAsync(SessionClient client, string session, CancellationToken cancellationToken)
    {
        while (true)
        {
            var status = await client.GetAsync(session, cancellationToken);
            var path = $"/api/files/{status["file"]!["id"]}";
            if (status["merge"]!["placedBytes"]!.GetValue<long>() == status["size"]!.GetValue<long>() && status["file"]!["sha256"] is not null)
                return path;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }
}
