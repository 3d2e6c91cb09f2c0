using System.Runtime.CompilerServices;
using System.Text.Json;
using ChunkUpload.Bench.Cases;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Peers.Scenarios;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers;

/// <summary>
/// Compares the service with other servers under the same loads, on the same disk, alternately: every round runs each scenario with every
/// server, each freshly started. Ratios are taken within a round, so that other load on the machine distorts few of them.
/// </summary>
internal sealed class PeersBenchmark : IBenchmark
{
    private const int Rounds = 5;
    private const string BeginMark = "<!-- peers: written by bench -->";
    private const string EndMark = "<!-- /peers -->";

    public static readonly IReadOnlyList<Scenario> Scenarios =
    [
        new UploadScenario("A", "one upload of 2 GiB in one PATCH", 1, 2L << 30, 2L << 30, 1),
        new UploadScenario("B", "1 GiB in PATCHes of 8 MiB", 1, 1L << 30, 8 << 20, 1),
        new UploadScenario("C", "8 uploads at once of 256 MiB, PATCHes of 8 MiB", 8, 256 << 20, 8 << 20, 8),
        new UploadScenario("D1", "2,000 files of 64 KiB on 16 connections, POST and PATCH", 2000, 64 << 10, 64 << 10, 16),
        new UploadScenario("D2", "the same, creation with upload", 2000, 64 << 10, 64 << 10, 16, withCreation: true),
        new UploadScenario("E", "256 MiB in PATCHes of 256 KiB", 1, 256 << 20, 256 << 10, 1),
        new JoinScenario("F1", "concatenation of 8 partial uploads of 64 MiB: the final POST", 64 << 20),
        new JoinScenario("F2", "the same of 8 MiB", 8 << 20),
        new SlowScenario("G1", 500),
        new SlowScenario("G2", 1000),
        new SessionScenario("S1", "a session of 1 GiB in chunks of 8 MiB, 4 at a time, random order, on ext4", reflink: false),
        new SessionScenario("S2", "the same on XFS", reflink: true),
        new DownloadScenario("R1", "download of 1 GiB, whole", 1),
        new DownloadScenario("R2", "download of 1 GiB in 8 ranges at once", 8),
        new DownloadScenario("R3", "the second download of 1 GiB, whole", 1, before: 1),
        new DownloadScenario("R4", "the third", 1, before: 2),
    ];

    // Every server handles this before it is measured, so that the runtimes have compiled the code of a request.
    private static readonly UploadScenario Small = new("W", "small uploads before each run", 800, 64 << 10, 64 << 10, 8);

    public string Name => "peers";

    public string Question => "What does a GiB, or a request, cost here, at other servers, and at least?";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var scenarios = Chosen(Scenarios, options.Scenarios, scenario => scenario.Name);
        if (options.Before is null && options.Peers.Contains(PeerKind.Before) && options.From is null)
            throw new BenchException($"{PeerKind.Before} needs --before DIR, a checkout of an earlier version.");
        var kinds = Chosen(PeerKind.All, options.Peers, kind => kind.Name);
        if (options.Before is null && options.From is null)
            _ = kinds.RemoveAll(kind => kind.Name == PeerKind.Before);
        var samples = options.From is { } kept
            ? [.. (await KeptAsync(kept, cancellationToken))
                .Where(sample => scenarios.Any(one => one.Name == sample.Scenario) && kinds.Any(kind => kind.Name == sample.Peer))]
            : await KeepAsync(MeasureAsync(scenarios, kinds, options.Runs ?? Rounds, options, cancellationToken),
                Path.Combine(options.Root, "artifacts", "peers.jsonl"), cancellationToken);
        if (samples.Count == 0)
            throw new BenchException($"{options.From} has none of these runs.");

        var goals = PeerGoals.Figures(samples);
        foreach (var goal in PeerGoals.NotJudged(samples))
            await Console.Error.WriteLineAsync($"  not judged, as what it is compared with was not run: {goal}");
        var table = PeersTable.Markdown(scenarios, samples) + PeersTable.Goals(goals);
        if (options.Output is { } output)
            await File.WriteAllTextAsync(output,
                Placed(File.Exists(output) ? await File.ReadAllTextAsync(output, cancellationToken) : "", table), cancellationToken);
        else if (!options.Json)
            Console.WriteLine(table);
        return goals;
    }

    /// <summary>Saves each sample at once, so that a late failure does not lose hours of results.</summary>
    private static async Task<List<Sample>> KeepAsync(IAsyncEnumerable<Sample> measured, string file, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(file, "", cancellationToken);
        var samples = new List<Sample>();
        await foreach (var sample in measured)
        {
            samples.Add(sample);
            await File.AppendAllTextAsync(file, JsonSerializer.Serialize(sample) + "\n", CancellationToken.None);
        }

        return samples;
    }

    private static async Task<List<Sample>> KeptAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return [.. (await File.ReadAllLinesAsync(file, cancellationToken)).Select(line => JsonSerializer.Deserialize<Sample>(line)!)];
        }
        catch (Exception reason) when (reason is IOException or JsonException)
        {
            throw new BenchException($"{file} cannot be read: {reason.Message}");
        }
    }

    /// <summary>Puts the table between its marks in a text, or at the end of the text.</summary>
    private static string Placed(string text, string table)
    {
        var (begin, end) = (text.IndexOf(BeginMark, StringComparison.Ordinal), text.IndexOf(EndMark, StringComparison.Ordinal));
        var marked = $"{BeginMark}\n\n{table}\n{EndMark}";
        return begin < 0 || end < begin ? $"{text}{(text.Length > 0 ? "\n" : "")}{marked}\n" : text[..begin] + marked
            + text[(end + EndMark.Length)..];
    }

    public static async IAsyncEnumerable<Sample> MeasureAsync(
        IReadOnlyList<Scenario> scenarios, IReadOnlyList<PeerKind> kinds, int rounds, BenchOptions options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var disk = LoopDisk.Create(options.Folder, 8L << 30, "peers", "mkfs.ext4", "-q", "-m", "0");
        using var shared = scenarios.Any(scenario => scenario.OnXfs)
            ? LoopDisk.Create(options.Folder, 4L << 30, "xfs", "mkfs.xfs", "-q")
            : null;
        using var memory = new WarmMemory();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var scenario in scenarios)
            {
                foreach (var kind in Turned([.. kinds.Where(scenario.Suits)], round))
                {
                    var sample = await OneAsync(scenario, kind, round, options, scenario.OnXfs ? shared! : disk, memory, cancellationToken);
                    await Console.Error.WriteLineAsync(PeersTable.Line(sample));
                    yield return sample;
                }
            }
        }
    }

    private static async Task<Sample> OneAsync(
        Scenario scenario, PeerKind kind, int round, BenchOptions options, LoopDisk disk, WarmMemory memory,
            CancellationToken cancellationToken)
    {
        var folder = Path.Combine(disk.Path, $"{kind.Name.Replace('/', '-')}-{scenario.Name}-{round}");
        try
        {
            await using var peer = await kind.Start(kind, options, folder, cancellationToken);
            _ = await Small.RunAsync(peer, 1, new NoMeter(), cancellationToken);
            await scenario.WarmUpAsync(peer, cancellationToken);
            await WarmUp.RestAsync(cancellationToken);
            await WarmUp.RunAsync(() => scenario.RunAsync(peer, scenario.WarmUpScale, new NoMeter(), cancellationToken), cancellationToken);
            var meter = new Meter(peer, disk, memory, scenario.Room);
            var work = await scenario.RunAsync(peer, options.Scale, meter, cancellationToken);
            using (var wire = new Wire(peer))
            {
                foreach (var stored in work.Stored)
                    wire.Verify(stored);
            }

            return meter.Sample(scenario, round, work);
        }
        finally
        {
            ScratchFolder.Remove(folder);
        }
    }

    /// <summary>Selects by name or first letter; everything when no name is given.</summary>
    private static List<T> Chosen<T>(IReadOnlyList<T> all, IReadOnlyList<string> names, Func<T, string> nameOf)
    {
        if (names.Count == 0)
            return [.. all];
        bool Names(string name, T one) => name == nameOf(one)
            || (name.Length == 1 && nameOf(one).StartsWith(name, StringComparison.Ordinal));
        if (names.FirstOrDefault(name => !all.Any(one => Names(name, one))) is { } unknown)
            throw new BenchException($"\"{unknown}\" is none of {string.Join(", ", all.Select(nameOf))}.");
        return [.. all.Where(one => names.Any(name => Names(name, one)))];
    }

    // Rotates the order, so that each round begins with another server.
    private static IEnumerable<PeerKind> Turned(IReadOnlyList<PeerKind> all, int round)
    {
        var turned = all.Skip(round % Math.Max(1, all.Count)).Concat(all.Take(round % Math.Max(1, all.Count)));
        return round % 2 == 0 ? turned : turned.Reverse();
    }
}
