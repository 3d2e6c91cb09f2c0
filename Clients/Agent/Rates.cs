using ChunkUpload.Client;
using ChunkUpload.Wire;

namespace ChunkUpload.Agent;

/// <summary>Sets limits from bandwidths or timetables.</summary>
internal static class Rates
{
    /// <param name="limit">The limit.</param>
    /// <param name="text">A valid bandwidth or timetable; null means no limit. Hours in which nothing moves are the schedule's
    /// concern.</param>
    /// <param name="time">The time and its zone.</param>
    public static void Set(this BandwidthLimit limit, string? text, TimeProvider time)
    {
        var rate = text is null ? null : BandwidthTimetable.Parse(text, out _, stops: true)?.At(time.GetLocalNow().DateTime);
        if (rate != 0 && rate != limit.BytesPerSecond)
            limit.BytesPerSecond = rate;
    }
}
