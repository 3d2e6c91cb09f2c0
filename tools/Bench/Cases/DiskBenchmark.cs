using System.Diagnostics;
using System.Globalization;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// The most blocks that the data directory uses (without the database's cluster, and above its size when empty) while a session is sent,
/// completed and merged, divided by the file's size. A sample walks the folder, so a chunk that is merged during the walk may count twice;
/// the figure misses only what exists between two samples.
/// </summary>
internal sealed class DiskBenchmark : IBenchmark
{
    private const double Goal = 1.1;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    public string Name => "disk";

    public string Question => "How much disk space does a session use, relative to its file's size?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var large = options.Size ?? 10L << 30;
        var figures = new List<Figure>();
        foreach (var (size, chunk) in new[] { (large, options.Chunk ?? 8 << 20), (large / 10, options.Chunk ?? 8 << 20),
            (large / 10, (int)(large / 10 / 20)) }.Distinct())
        {
            var content = Content.Create(size, chunk, whole: false, cancellationToken);
            var name = $"disk use, {size >> 20} MiB in {content.Count} chunks ({100.0 * chunk / size:F1} % each)";
            var peaks = new List<double>();
            for (var run = 0; run < (options.Runs ?? 3); run++)
                peaks.Add(await PeakAsync(options, content, cancellationToken) / (double)size);
            figures.Add(new(name, "times", peaks, Goal));
            await Console.Error.WriteLineAsync($"  {name}: {figures[^1].Median:F3}");
        }

        return figures;
    }

    private static async Task<long> PeakAsync(BenchOptions options, Content content, CancellationToken cancellationToken)
    {
        using var scratch = new ScratchFolder(options, content.Size + (content.Size / 4) + (1L << 30));
        await using var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken);
        using var client = new SessionClient(service);
        var empty = await AllocatedAsync(service.DataDirectory);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sampling = SampleAsync(service.DataDirectory, over.Token);
        var session = await client.CreateAsync(content.Size, null, cancellationToken);
        _ = await Sender.SendAsync(client, session, content, Sender.Shuffled(content), options.Connections, cancellationToken);
        _ = await client.CompleteAsync(session, null, cancellationToken);
        await MergedAsync(client, session, content.Size, cancellationToken);
        await over.CancelAsync();
        return await sampling - empty;
    }

    private static async Task MergedAsync(SessionClient client, string session, long size, CancellationToken cancellationToken)
    {
        long placed;
        do
        {
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            placed = (await client.GetAsync(session, cancellationToken))["merge"]!["placedBytes"]!.GetValue<long>();
        }
        while (placed < size);
    }

    private static async Task<long> SampleAsync(string folder, CancellationToken over)
    {
        long peak = 0;
        while (!over.IsCancellationRequested)
        {
            peak = Math.Max(peak, await AllocatedAsync(folder));
            await Task.Delay(Pause, TimeProvider.System, over)
                .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        return peak;
    }

    // Allocated blocks instead of lengths: preallocation counts and holes do not. .NET does not report them. Files that disappear meanwhile
    // are ignored.
    private static async Task<long> AllocatedAsync(string folder)
    {
        var start = new ProcessStartInfo(
            "du", ["-s", "-B1", "--exclude=postgres", "--", folder])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using var du = Process.Start(start)!;
        var errors = du.StandardError.ReadToEndAsync(CancellationToken.None);
        var text = await du.StandardOutput.ReadToEndAsync(CancellationToken.None);
        _ = await errors;
        await du.WaitForExitAsync(CancellationToken.None);
        return long.Parse(text.Split('\t')[0], CultureInfo.InvariantCulture);
    }
}
