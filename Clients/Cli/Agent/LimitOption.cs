using System.CommandLine;
using ChunkUpload.Agent;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Agent;

/// <summary>--limit of cu up and cu get, in the foreground and for the agent.</summary>
internal static class LimitOption
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(15);

    public static Option<string?> Create() => new("--limit")
    {
        Description = "Bytes a second, such as 512k or 2M, or a timetable: \"08:00,512k 18:00,off\".",
    };

    /// <summary>A limit for a transfer in the foreground, which follows the timetable until it is disposed.</summary>
    public static (IReadOnlyList<BandwidthLimit> Limits, IDisposable? Clock) Foreground(string? text)
    {
        if (text is null)
            return ([], null);
        if (Wire.BandwidthTimetable.Parse(text, out var fault) is null)
            throw new UsageException(fault!);
        var limit = new BandwidthLimit();
        limit.Set(text, TimeProvider.System);
        return ([limit], TimeProvider.System.CreateTimer(_ => limit.Set(text, TimeProvider.System), null, Look, Look));
    }
}
