using System.Globalization;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.Transfers;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers.Nodes;

/// <summary>
/// Downloads of a file that is at the asked node, at another one, and on both in alternating chunks. Each round has new files, of which the
/// first and the second download are measured: a service reads them in different ways.
/// </summary>
internal static class DownloadPart
{
    // 0.7 of the rate.
    private const double Time = 1 / 0.7;
    private const double Cpu = 2.5;
    private const int Chunk = 1 << 20;
    private const long WarmUpSize = 32 << 20;

    private const string Local = "at the node";
    private const string Other = "through another node";
    private const string Spread = "spread over both";

    private static readonly string[] Kinds = ["first download", "second download"];

    // A finished upload stays spread for a minute.
    private static readonly TimeSpan LongestSpread = TimeSpan.FromSeconds(55);

    public static async Task<IReadOnlyList<Figure>> RunAsync(
        BenchOptions options, ServiceNodes nodes, string ledger, (Peer A, Peer B) pair, LoopDisk disk, CancellationToken cancellationToken)
    {
        var size = (options.Size ?? 1L << 30) / Chunk * Chunk;
        using var memory = new WarmMemory();
        await WarmUp.RunAsync(
            () => RoundAsync(0, WarmUpSize, Kinds.ToDictionary(kind => kind, _ => new Turns(disk)), memory), cancellationToken);
        var turns = Kinds.ToDictionary(kind => kind, _ => new Turns(disk));
        for (var round = 0; round < (options.Runs ?? 3); round++)
            await RoundAsync(round, size, turns, memory);

        return
        [
            .. Kinds.SelectMany(kind => new[]
            {
                turns[kind].Rate(Name(kind, Local), size), turns[kind].Rate(Name(kind, Other), size),
                turns[kind].Rate(Name(kind, Spread), size), turns[kind].Cpu(Name(kind, Local)), turns[kind].Cpu(Name(kind, Other)),
                turns[kind].Cpu(Name(kind, Spread)),
                turns[kind].TimeRatio(
                    $"{kind} {Other}, time over that {Local} (0.7 x its rate)", Name(kind, Other), Name(kind, Local), Time),
                turns[kind].CpuRatio(
                    $"{kind} {Other}, processor time of both over that {Local}", Name(kind, Other), Name(kind, Local), Cpu),
                turns[kind].TimeRatio(
                    $"{kind} {Spread}, time over that of a file {Local} (0.7 x its rate)", Name(kind, Spread), Name(kind, Local), Time),
                turns[kind].CpuRatio(
                    $"{kind} {Spread}, processor time of both over that {Local}", Name(kind, Spread), Name(kind, Local), Cpu),
            }),
        ];

        async Task RoundAsync(int round, long length, Dictionary<string, Turns> into, WarmMemory warm)
        {
            var (local, other) = (Upload(pair.A, length), Upload(pair.A, length));
            var (spread, completed) = await SpreadAsync(length);
            _ = await Turns.SettleAsync([pair.A, pair.B]);
            foreach (var kind in Kinds)
            {
                await into[kind].RoundAsync(round,
                [
                    (Name(kind, Local), () => DownloadAsync([pair.A], pair.A, local)),
                    (Name(kind, Other), () => DownloadAsync([pair.A, pair.B], pair.B, other)),
                    (Name(kind, Spread), () => DownloadAsync([pair.A, pair.B], pair.A, spread)),
                ]);
            }

            if (TimeProvider.System.GetElapsedTime(completed) > LongestSpread || StoresOf(spread) != 2)
                throw new BenchException("The file was no longer spread over both nodes: choose a smaller --size.");
            using (var wire = new Wire(pair.B))
            {
                foreach (var stored in new[] { local, other, spread })
                    wire.Verify(stored);
            }

            using var client = new SessionClient((ServiceProcess)pair.A.Process);
            foreach (var stored in new[] { local, other, spread })
                await client.DeleteAsync($"/api/files/{IdOf(stored)}", cancellationToken);
            _ = await Turns.SettleAsync([pair.A, pair.B]);

            Task<Run> DownloadAsync(IReadOnlyList<Peer> counted, Peer from, Stored stored)
            {
                warm.Hold(2 * length);
                warm.Release();
                return Turns.MeasureAsync(counted, () =>
                {
                    using var wire = new Wire(from);
                    wire.Download(stored, null, length);
                });
            }
        }

        // The chunks go to both nodes in turn.
        async Task<(Stored Stored, long CompletedAt)> SpreadAsync(long length)
        {
            using var client = new SessionClient((ServiceProcess)pair.A.Process);
            var session = await client.CreateAsync(length, null, cancellationToken);
            await Task.WhenAll(SendAsync(pair.A, 0), SendAsync(pair.B, 1));
            _ = await client.CompleteAsync(session, null, cancellationToken);
            var status = await client.GetAsync(session, cancellationToken);
            var id = status["file"]?["id"] ?? status["id"];
            return (new Stored($"/api/files/{id}/content", 0, length), TimeProvider.System.GetTimestamp());

            Task SendAsync(Peer to, int first) => Task.Factory.StartNew(() =>
            {
                using var wire = new Wire(to);
                for (long chunk = first; chunk * Chunk < length; chunk += 2)
                    wire.PutChunk(session, chunk * Chunk, Chunk);
            }, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        int StoresOf(Stored stored) => int.Parse(
            nodes.Ask(
                ledger,
                "select count(distinct f.store) from chunkupload.extents e join chunkupload.stored_files f on f.id = e.file_id "
                    + $"where e.upload_id = '{IdOf(stored)}'"),
            CultureInfo.InvariantCulture);
    }

    private static string Name(string kind, string way) => $"{kind} {way}";

    private static string IdOf(Stored stored) => stored.Path.Split('/').Single(part => part.Length == 32 || Guid.TryParse(part, out _));

    private static Stored Upload(Peer to, long size)
    {
        using var wire = new Wire(to);
        return new Stored(wire.Append(wire.Create(size), 0, 0, size).Path, 0, size);
    }
}
