using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Doctor;

/// <summary>cu bench: sends the same bytes in several ways, and shows the fastest one on this network. It removes its files.</summary>
internal static class BenchVerb
{
    private const int Warm = 1 << 20;
    private const int Chunk = 1 << 20;
    private const long Least = 4L << 20;
    private const long Most = 256L << 20;
    private static readonly int[] Streams = [1, 2, 4, 8];
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(4);

    public static Command Create()
    {
        var size = new Option<string?>("--size")
        {
            Description = "How much is sent in each way, such as 64M; what takes about four seconds if left out.",
        };
        var rounds = new Option<int>("--rounds") { Description = "How often; the median counts.", DefaultValueFactory = _ => 1 };
        var command = new Command("bench", "Compare ways of sending on this network") { size, rounds };
        command.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            var target = Target.Of(parse);
            if (parse.GetValue(rounds) is < 1 or > 100)
                throw new UsageException("--rounds is 1 to 100.");
            output.Stopped = "Stopped. What was sent to be measured is ended by the service after an hour.";
            using var calls = new RawCalls(target);
            // It is no transfer that anybody looks for in the history.
            using var client = target.Client(ended: _ => { });
            var bytes = parse.GetValue(size) is { } text ? Figures.ParseBytes(text) : await SizeAsync(calls, stop);
            output.Note($"Sending {Figures.Bytes(bytes)} in each way ...");
            return await CompareAsync(output, Ways(calls, client, bytes), bytes, parse.GetValue(rounds), stop);
        }));
        return command;
    }

    /// <summary>Returns the bytes sent in some seconds, after a first piece that warms up connection and service.</summary>
    private static async Task<long> SizeAsync(RawCalls calls, CancellationToken stop)
    {
        _ = await ChunksAsync(calls, Warm, 1, stop);
        var speed = 2 * Warm / (await ChunksAsync(calls, 2 * Warm, 4, stop)).TotalSeconds;
        return Math.Clamp((long)(speed * Each.TotalSeconds) / Chunk * Chunk, Least, Most);
    }

    private static IReadOnlyList<(string Name, Func<CancellationToken, Task<TimeSpan>> Run)> Ways(
        RawCalls calls, ChunkUploadClient client, long bytes) =>
    [
        ("one request", stop => OneAsync(calls, bytes, stop)),
        .. Streams.Select(streams => (
            $"chunks, {streams} at once", (Func<CancellationToken, Task<TimeSpan>>)(stop => ChunksAsync(calls, bytes, streams, stop)))),
        ("as cu sends", stop => AdvisedAsync(client, calls, bytes, stop)),
    ];

    private static async Task<int> CompareAsync(
        Output output, IReadOnlyList<(string Name, Func<CancellationToken, Task<TimeSpan>> Run)> ways, long bytes, int rounds,
        CancellationToken stop)
    {
        var times = ways.Select(_ => new List<TimeSpan>()).ToList();
        var faults = new TransferException?[ways.Count];
        // Round by round, so that a line that changes meanwhile changes for all.
        for (var round = 0; round < rounds; round++)
        {
            for (var at = 0; at < ways.Count; at++)
            {
                if (faults[at] is not null)
                    continue;
                try
                {
                    times[at].Add(await ways[at].Run(stop));
                }
                catch (TransferException failure) when (failure.Failure != TransferFailure.Authentication)
                {
                    faults[at] = failure;
                }
            }
        }

        var medians = times.ConvertAll(of => of.Count == 0 ? (TimeSpan?)null : of.Order().ElementAt(of.Count / 2));
        var best = medians.Min();
        if (!output.IsJson)
            output.Result($"{"way",-20}  {"time",8}  {"speed",12}", []);
        for (var at = 0; at < ways.Count; at++)
        {
            var speed = medians[at] is { } time ? bytes / time.TotalSeconds : 0;
            output.Result(
                faults[at] is { } fault
                    ? $"{ways[at].Name,-20}  failed: {fault.Message}"
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"{ways[at].Name,-20}  {Figures.Time(medians[at]!.Value),8}  {Figures.Bytes(speed) + "/s",12}"
                            + $"{(medians[at] == best ? "  fastest" : "")}"),
                new JsonObject
                {
                    ["ok"] = faults[at] is null,
                    ["way"] = ways[at].Name,
                    ["bytes"] = bytes,
                    ["seconds"] = medians[at] is { } median ? Math.Round(median.TotalSeconds, 3) : null,
                    ["bytesPerSecond"] = Math.Round(speed),
                    ["fastest"] = faults[at] is null && medians[at] == best,
                    ["message"] = faults[at]?.Message,
                });
        }

        return faults.FirstOrDefault(fault => fault is not null) is { } first ? ExitCodes.Of(first.Failure) : ExitCodes.Done;
    }

    private static async Task<TimeSpan> OneAsync(RawCalls calls, long bytes, CancellationToken stop)
    {
        using var content = new StreamContent(new RepeatedBytes(bytes), 256 << 10);
        content.Headers.ContentLength = bytes;
        var began = Stopwatch.GetTimestamp();
        var answer = await calls.SendAsync(HttpMethod.Put, $"api/files/{ScratchFile.Name}", content, stop);
        var took = Stopwatch.GetElapsedTime(began);
        if (!answer.IsGood)
            throw answer.Failure();
        await RemoveAsync(calls, answer.Field("id")?.GetString());
        return took;
    }

    private static async Task<TimeSpan> ChunksAsync(RawCalls calls, long bytes, int streams, CancellationToken stop)
    {
        await using var file = await ScratchFile.BeginAsync(calls, stop);
        var began = Stopwatch.GetTimestamp();
        long next = 0;
        await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => Task.Run(
            async () =>
            {
                while (Interlocked.Add(ref next, Chunk) - Chunk is var offset && offset < bytes)
                {
                    var answer = await file.PutAsync(offset, (int)Math.Min(Chunk, bytes - offset), stop);
                    if (!answer.IsGood)
                        throw answer.Failure();
                }
            },
            stop)));
        if (!await file.CompleteAsync(bytes, stop))
            throw new TransferException(TransferFailure.Server, "The service did not complete the file.");
        return Stopwatch.GetElapsedTime(began);
    }

    private static async Task<TimeSpan> AdvisedAsync(ChunkUploadClient client, RawCalls calls, long bytes, CancellationToken stop)
    {
        var local = Path.GetTempFileName();
        try
        {
            await using (var file = File.OpenWrite(local))
            {
                await using var content = new RepeatedBytes(bytes);
                await content.CopyToAsync(file, stop);
            }

            var began = Stopwatch.GetTimestamp();
            var done = await client.UploadFileAsync(local, new UploadOptions { Name = ScratchFile.Name }, cancellationToken: stop);
            var took = Stopwatch.GetElapsedTime(began);
            await RemoveAsync(calls, done.Id);
            return took;
        }
        finally
        {
            File.Delete(local);
        }
    }

    private static async Task RemoveAsync(RawCalls calls, string? id)
    {
        var answer = await calls.SendAsync(HttpMethod.Delete, $"api/files/{id}", null, CancellationToken.None);
        if (!answer.IsGood)
        {
            throw new TransferException(
                TransferFailure.Authentication, $"The file {id} cannot be removed ({answer.Failure().Message}): remove it in the console.");
        }
    }
}
