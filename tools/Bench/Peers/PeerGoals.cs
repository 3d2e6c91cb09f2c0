using ChunkUpload.Bench.Report;

namespace ChunkUpload.Bench.Peers;

/// <summary>The service's goals relative to other servers, as figures with an upper limit, and figures for information.</summary>
internal static class PeerGoals
{
    private const string Ours = PeerKind.Ours;

    private sealed record Goal(
        string Scenario, string Subject, string? Other, string Name, string Unit, double? AtMost, Func<Sample, Sample?, double> Of)
    {
        public string OtherScenario { get; init; } = Scenario;
    }

    private static readonly Goal[] Goals =
    [
        .. new[] { "A", "B", "C" }.SelectMany(scenario => new Goal[]
        {
            new(scenario, Ours, PeerKind.HashingFloor, "CPU over the hashing floor's", "times", 1.25, Cpu),
            new(scenario, Ours, PeerKind.TusServer, "CPU over @tus/server's", "times", 0.75, Cpu),
            new(scenario, Ours, PeerKind.Nginx, "CPU above nginx PUT's", "CPU-s/GiB", 0.55, AboveNginx),
            // By default it writes blocks of 16 KiB, and the goal names the default.
            new(scenario, Ours, PeerKind.NginxTuned, "CPU above nginx PUT's with a buffer of 256 KiB", "CPU-s/GiB", null, AboveNginx),
        }),
        // A server that flushes makes the kernel's threads work before its answer; one that does not, after the measurement.
        .. new[] { "A", "B", "C", "E" }.SelectMany(
            scenario => new[] { PeerKind.HashingFloor, PeerKind.FlushingFloor, PeerKind.TusServer }.Select(other =>
            new Goal(scenario, Ours, other, $"CPU over {other}'s, with the kernel's threads of both", "times", null, WithKernel))),
        new("C", Ours, PeerKind.HashingFloor, "time over the hashing floor's (85 % of its throughput)", "times", 1 / 0.85, Time),
        .. new[] { "D1", "D2" }.SelectMany(scenario => new Goal[]
        {
            new(scenario, PeerKind.Relaxed, PeerKind.TusServer, "time over @tus/server's, relaxed (2 x its uploads/s)", "times", 1 / 2.0,
                Time),
            new(scenario, Ours, PeerKind.TusServer, "time over @tus/server's, committed (1.2 x its uploads/s)", "times", 1 / 1.2, Time),
        }),
        .. new[] { "A", "B", "C", "D1", "D2" }.Select(scenario => new Goal(
            scenario, PeerKind.Limited, Ours, "CPU with an API key and limits over that with the operator key alone", "times",
            scenario[0] == 'D' ? 1.1 : 1.05, Cpu)),
        .. new[] { "B", "D1", "D2" }.Select(scenario => new Goal(
            scenario, PeerKind.Watched, Ours, "CPU with a listener of all events over that without", "times", 1.05, Cpu)),
        .. new[] { "A", "B", "C", "D1", "D2", "E", "F1", "S1", "S2", "R1", "R2", "R3", "R4" }.SelectMany(scenario => new Goal[]
        {
            new(scenario, Ours, PeerKind.Before, "CPU over that of the version before", "times", 1.05, Cpu),
            new(scenario, Ours, PeerKind.Before, "time over that of the version before", "times", 1.05, Time),
        }),
        new("E", Ours, PeerKind.TusServer, "CPU per request over @tus/server's", "times", 0.5, (ours, other) =>
            ours.CpuMsPerRequest / other!.CpuMsPerRequest),
        .. new[] { "F1", "F2" }.Select(
            scenario => new Goal(scenario, Ours, null, "bytes written", "MiB", 1, (ours, _) => ours.More["written MiB"])),
        new("F1", Ours, Ours, "time of the final POST over F2's, with an eighth of the bytes", "times", 2, Time) { OtherScenario = "F2" },
        .. new[] { "G1", "G2" }.SelectMany(scenario => new Goal[]
        {
            new(scenario, Ours, null, "memory for each slow connection", "KiB", 32, (ours, _) => ours.More["KiB/conn"]),
            new(scenario, Ours, null, "threads begun for slow connections", "threads", 16, (ours, _) => ours.More["threads"]),
        }),
        new("G2", Ours, Ours, "peak memory over G1's, for each of the 500 connections that it has more", "KiB", 32, (ours, other) =>
            (ours.PeakBytes - other!.PeakBytes) / 1024.0 / 500) { OtherScenario = "G1" },
        .. new[] { "flushes/s", "tx/s" }.Select(name =>
            new Goal("G2", Ours, Ours, $"{name} over G1's, with half of the connections", "times", 1.25, (ours, other) =>
                ours.More[name] / other!.More[name]) { OtherScenario = "G1" }),
        new("S1", PeerKind.Asked, Ours, "CPU over B's, ext4, no byte hashed twice (Uploads:FileDigest=Asked)", "times", 1.35,
            Cpu) { OtherScenario = "B" },
        new("S2", PeerKind.Asked, Ours, "CPU over B's, XFS, no byte hashed twice (Uploads:FileDigest=Asked)", "times", 1.1,
            Cpu) { OtherScenario = "B" },
        new("S1", Ours, Ours, "CPU over B's, ext4, by default: the file's SHA-256 computed afterwards", "times", 1.35,
            Cpu) { OtherScenario = "B" },
        new("S2", Ours, Ours, "CPU over B's, XFS, by default", "times", 1.1, Cpu) { OtherScenario = "B" },
        .. new[] { "S1", "S2" }.Select(
            scenario => new Goal(scenario, Ours, null, "complete after the last chunk", "ms", 200, (ours, _) => ours.More["complete, ms"])),
        .. new[] { "R1", "R2", "R3", "R4" }.Select(
            scenario => new Goal(scenario, Ours, PeerKind.Floor, "CPU over the loop's that reads and sends", "times", 1.3, Cpu)),
        .. new[] { "A", "B", "C", "D1", "D2", "E", "F1" }.Select(
            scenario => new Goal(scenario, Ours, null, "peak memory without PostgreSQL's", "MB", 180, (ours, _) => ours.PeakBytes / 1e6)),
    ];

    public static IReadOnlyList<Figure> Figures(IReadOnlyList<Sample> samples)
    {
        var figures = new List<Figure>();
        foreach (var goal in Goals)
        {
            var values = new List<double>();
            foreach (var ours in samples.Where(sample => sample.Scenario == goal.Scenario && sample.Peer == goal.Subject))
            {
                var other = samples.FirstOrDefault(
                    sample => sample.Scenario == goal.OtherScenario && sample.Peer == goal.Other && sample.Round == ours.Round);
                if (goal.Other is null || other is not null)
                    values.Add(goal.Of(ours, other));
            }

            if (values.Count > 0)
                figures.Add(new Figure($"{goal.Scenario}: {goal.Name}", goal.Unit, values, goal.AtMost));
        }

        return figures;
    }

    /// <summary>The goals whose other side was not measured.</summary>
    public static IEnumerable<string> NotJudged(IReadOnlyList<Sample> samples) => Goals
        .Where(goal => goal.AtMost is not null && goal.Other is not null
            && samples.Any(sample => sample.Scenario == goal.Scenario && sample.Peer == goal.Subject) &&
            !samples.Any(sample => sample.Scenario == goal.OtherScenario && sample.Peer == goal.Other))
        .Select(goal => $"{goal.Scenario}: {goal.Name}");

    private static double Cpu(Sample ours, Sample? other) => ours.CpuPerGib / other!.CpuPerGib;

    private static double WithKernel(Sample ours, Sample? other) =>
        (ours.Cpu + ours.KernelCpu) / ours.Bytes / ((other!.Cpu + other.KernelCpu) / other.Bytes);

    private static double AboveNginx(Sample ours, Sample? other) => ours.CpuPerGib - other!.CpuPerGib;

    private static double Time(Sample ours, Sample? other) => ours.Wall / other!.Wall;
}
