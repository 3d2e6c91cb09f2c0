using ChunkUpload.AdvisorLab.Senders;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab.Experiments;

/// <summary>The senders of an experiment.</summary>
internal static class Lineup
{
    private const long MiB = 1 << 20;

    public const int Adaptive1 = 0;
    public const int Adaptive4 = 1;
    public const int Adaptive4Kept = 2;
    public const int Tiers = 3;
    public const int Fixed8One = 4;
    public const int Fixed8Four = 5;
    public const int Served = 6;
    public const int ServedPlain = 7;
    public const int TiersServed = 8;

    /// <summary>The senders that must always finish.</summary>
    public static IReadOnlyList<int> Ours { get; } = [Adaptive1, Adaptive4, Adaptive4Kept, Served, ServedPlain];

    public static Sender[] Make(AdaptiveTuning tuning, bool all) =>
    [
        Sender.Adaptive(1, keepsPrefix: false, tuning),
        Sender.Adaptive(8, keepsPrefix: false, tuning),
        Sender.Adaptive(8, keepsPrefix: true, tuning),
        Sender.Tiers(4, keepsPrefix: false),
        Sender.Fixed(8 * MiB, 1, keepsPrefix: false),
        Sender.Fixed(8 * MiB, 4, keepsPrefix: false),
        Sender.Served(tuning),
        Sender.ServedPlain(tuning),
        Sender.TiersServed(),
        .. all ? Others() : [],
    ];

    private static IEnumerable<Sender> Others() =>
    [
        Sender.Tiers(4, keepsPrefix: true),
        Sender.Fixed(1 * MiB, 4, keepsPrefix: false),
        Sender.Fixed(5 * MiB, 4, keepsPrefix: false),
        Sender.Fixed(16 * MiB, 4, keepsPrefix: false),
        Sender.Fixed(1 * MiB, 4, keepsPrefix: true),
        Sender.Fixed(5 * MiB, 4, keepsPrefix: true),
        Sender.Fixed(8 * MiB, 4, keepsPrefix: true),
        Sender.Fixed(16 * MiB, 4, keepsPrefix: true),
        Sender.TusDefault(),
        Sender.Foreseeing(),
    ];
}
