using System.Net;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// The time from the last chunk's receipt to the answer of <c>complete</c>, called at once: how much work is left at the end. A whole-file
/// digest declared at creation is computed while chunks arrive, but only along the contiguous front. In random order most of it is left at
/// the end, at the speed of SHA-256, so that order is measured for information.
/// </summary>
internal sealed class CompleteBenchmark : IBenchmark
{
    private const double Goal = 500;

    public string Name => "complete";

    public string Question => "How soon after the last chunk does complete answer?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var content = Content.Create(options.Size ?? 10L << 30, options.Chunk ?? 8 << 20, whole: true, cancellationToken);
        var size = $"{content.Size >> 20} MiB in {content.Count} chunks";
        return
        [
            await MeasureAsync(options, content, $"complete, {size}, random order, no digest", Sender.Shuffled(content), declared: null,
                Goal, cancellationToken),
            await MeasureAsync(options, content, $"complete, {size}, in order, digest declared", Sender.InOrder(content), content.Sha256,
                Goal, cancellationToken),
            await MeasureAsync(options, content, $"complete, {size}, random order, digest declared", Sender.Shuffled(content),
                content.Sha256, null, cancellationToken),
        ];
    }

    private static async Task<Figure> MeasureAsync(
        BenchOptions options, Content content, string name, IEnumerable<int> order, string? declared, double? goal,
            CancellationToken cancellationToken)
    {
        var times = new List<double>();
        for (var run = 0; run < (options.Runs ?? 3); run++)
        {
            using var scratch = new ScratchFolder(options, content.Size + (content.Size / 4) + (1L << 30));
            await using var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken);
            using var client = new SessionClient(service);
            var session = await client.CreateAsync(content.Size, declared, cancellationToken);
            var began = TimeProvider.System.GetTimestamp();
            var last = await Sender.SendAsync(client, session, content, order, options.Connections, cancellationToken);
            // 202 means that the wait for the digest timed out; the clock runs until the file is complete.
            if (await client.CompleteAsync(session, null, cancellationToken) != HttpStatusCode.OK)
                await CompletedAsync(client, session, cancellationToken);
            var answered = TimeProvider.System.GetElapsedTime(last);
            times.Add(answered.TotalMilliseconds);
            await Console.Error.WriteLineAsync(
                $"  {name}: sent in {TimeProvider.System.GetElapsedTime(began, last).TotalSeconds:F1} s, answered after "
                    + $"{answered.TotalMilliseconds:F0} ms");
        }

        return new Figure(name, "ms", times, goal);
    }

    private static async Task CompletedAsync(SessionClient client, string session, CancellationToken cancellationToken)
    {
        while ((await client.GetAsync(session, cancellationToken))["state"]!.GetValue<string>() is var state && state != "completed")
        {
            if (state != "completing")
                throw new BenchException($"The session is {state} after complete.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }
}
