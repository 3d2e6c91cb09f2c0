using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab.Senders;

/// <summary>A client that follows a policy's advice, and the service's view of it, computed by the service's own classes.</summary>
internal sealed class Sender(string name, IAdvicePolicy policy, int streams, bool keepsPrefix)
{
    private const double UsualStallSeconds = 15;

    public string Name => name;

    /// <summary>A broken chunk continues where it broke; otherwise all of it is sent again.</summary>
    public bool KeepsPrefix => keepsPrefix;

    /// <summary>
    /// The waits between attempts of a client that gives up at the end of the list. Null means the advised waits without end.
    /// </summary>
    public IReadOnlyList<double>? Waits { get; init; }

    /// <summary>The first of several streams takes less than the advised size, the next ones more, the last all of it.</summary>
    public bool Staggers { get; init; }

    /// <summary>The client also uses the advised stall timeout.</summary>
    public bool HeedsStall { get; init; }

    /// <summary>The client also tries a second connection besides a silent one, and uses the advised waits before a retry.</summary>
    public bool Probes { get; init; }

    /// <summary>The client notices silent drops at once, which is impossible in practice: a bound.</summary>
    public bool Foresees { get; init; }

    /// <summary>How long the client waits for progress before it ends a request.</summary>
    public double StallSeconds => HeedsStall ? Advice.Stall : UsualStallSeconds;

    /// <summary>How long it waits before it tries a second connection.</summary>
    public double ProbeSeconds => Probes ? Advice.Probe : double.PositiveInfinity;

    public NetworkState Link { get; private set; } = new();

    public AdviceFigures Advice { get; private set; }

    private int _failuresBefore;

    public void Start() => (Link, _failuresBefore) = (new NetworkState(), 0);

    /// <summary>The size of the next chunk.</summary>
    /// <param name="remaining">Bytes that have not reached the service.</param>
    /// <param name="failures">Failures in a row so far.</param>
    public long Next(double remaining, int failures)
    {
        _failuresBefore = failures;
        Advice = policy.Decide(Link, new AdviceQuestion { Remaining = (long)remaining, MaxConcurrency = streams });
        Link.Advised = Advice.Size;
        return Advice.Size;
    }

    /// <summary>Seconds to wait after this number of failures in a row; NaN to give up.</summary>
    public double Wait(int failures, ref Chance chance)
    {
        if (Waits is not null)
            return failures <= Waits.Count ? Waits[failures - 1] : double.NaN;
        if (Probes)
        {
            // The advice knows the failures before it; each later one doubles the wait.
            var doubled = double.Exp2(Math.Clamp(failures - _failuresBefore - 1, 0, 30));
            return Math.Min(Limits.RetryCap.TotalSeconds, chance.Between(Advice.RetryFrom, Advice.RetryTo) * doubled);
        }

        var (from, to) = RetryDelay.After(failures, shedding: false, Limits);
        return chance.Between(from, to);
    }

    public static AdviceLimits Limits { get; } = new();

    public static Sender Adaptive(int streams, bool keepsPrefix, AdaptiveTuning? tuning = null) =>
        new($"adaptive, {(streams > 1 ? "up to " : "")}{Streams(streams)}, {Mode(keepsPrefix)}",
            new AdaptivePolicy(Limits, tuning ?? AdaptiveTuning.Default), streams, keepsPrefix)
        { Staggers = true };

    /// <summary>A client of the service that follows all of the advice.</summary>
    public static Sender Served(AdaptiveTuning? tuning = null) =>
        new("adaptive as served: up to 8 streams, prefix kept, all of the advice",
            new AdaptivePolicy(Limits, tuning ?? AdaptiveTuning.Default), 8, keepsPrefix: true)
        { Staggers = true, HeedsStall = true, Probes = true };

    /// <summary>A client that only ends silent requests, without a second connection and with the usual waits.</summary>
    public static Sender ServedPlain(AdaptiveTuning? tuning = null) =>
        new("adaptive, up to 8 streams, prefix kept, advised stall timeout",
            new AdaptivePolicy(Limits, tuning ?? AdaptiveTuning.Default), 8, keepsPrefix: true)
        { Staggers = true, HeedsStall = true };

    /// <summary>As served, but silent drops are noticed at once: the most that better detection could gain.</summary>
    public static Sender Foreseeing() =>
        new("as served, silent drops noticed at once (a bound)", new AdaptivePolicy(Limits, AdaptiveTuning.Default), 8, keepsPrefix: true)
        { Staggers = true, HeedsStall = true, Probes = true, Foresees = true };

    /// <summary>
    /// The tiers for a client that follows everything else the service advises: broken chunks continue, and the stall timeout is the
    /// service's.
    /// </summary>
    public static Sender TiersServed() =>
        new("tiers as served: 4 streams, prefix kept, advised stall timeout", new TierPolicy(Limits), 4, keepsPrefix: true)
        {
            HeedsStall =
            true
        };

    public static Sender Tiers(int streams, bool keepsPrefix) =>
        new($"tiers, {Streams(streams)}, {Mode(keepsPrefix)}", new TierPolicy(Limits), streams, keepsPrefix);

    public static Sender Fixed(long size, int streams, bool keepsPrefix, bool staggers = false) =>
        new($"{Bytes(size)}, {Streams(streams)}, {Mode(keepsPrefix)}",
            new FixedPolicy(Limits with { MaxSize = long.MaxValue, MaxConcurrency = streams }, size, streams), streams, keepsPrefix)
        { Staggers = staggers };

    /// <summary>
    /// One request for the whole file that continues where it broke; the client gives up after four attempts without progress.
    /// </summary>
    public static Sender TusDefault() =>
        new("tus-js-client's default", new FixedPolicy(Limits with { MaxSize = long.MaxValue }, long.MaxValue, 1), 1,
            keepsPrefix: true)
        { Waits = [0, 1, 3, 5] };

    private static string Streams(int streams) => streams == 1 ? "1 stream" : $"{streams} streams";

    private static string Mode(bool keepsPrefix) => keepsPrefix ? "prefix kept" : "whole chunk lost";

    private static string Bytes(long size) => size >= 1 << 20 ? $"{size >> 20} MiB" : $"{size >> 10} KiB";
}
