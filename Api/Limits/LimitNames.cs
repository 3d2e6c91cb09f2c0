using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Limits;

/// <summary>The names of limits in the JSON.</summary>
internal static class LimitNames
{
    public const string MaxFileSize = "maxFileSize";

    /// <summary>Names of the limits on totals of a tenant, a user or a key.</summary>
    public static IReadOnlyList<string> Counted { get; } = ["storedBytes", "files", "openUploads"];

    /// <summary>Names of the limits on rates and concurrency.</summary>
    public static IReadOnlyList<string> Rates { get; } = ["requestsPerMinute", "creationsPerMinute", "requestsAtOnce"];

    /// <summary>Names of the limits on the bytes of a day (UTC) of a tenant, a user or a key.</summary>
    public static IReadOnlyList<string> Daily { get; } =
        [DayBook.NameOf(FlowDirection.Receive), DayBook.NameOf(FlowDirection.Send)];

    public static IReadOnlyList<string> All { get; } = [MaxFileSize, .. Counted, .. Daily, .. Rates];

    /// <summary>Names of the limits on bytes per second, by a timetable.</summary>
    public static IReadOnlyList<(string Name, FlowDirection Direction)> Bandwidths { get; } =
        [("receiveBandwidth", FlowDirection.Receive), ("sendBandwidth", FlowDirection.Send)];

    public static BandwidthTimetable? Of(LimitValues values, FlowDirection direction) =>
        direction == FlowDirection.Send ? values.SendBandwidth : values.ReceiveBandwidth;

    public static long? Of(LimitValues values, string name) => name switch
    {
        MaxFileSize => values.MaxFileSize,
        "storedBytes" => values.StoredBytes,
        "files" => values.Files,
        "openUploads" => values.OpenUploads,
        "requestsPerMinute" => values.RequestsPerMinute,
        "creationsPerMinute" => values.CreationsPerMinute,
        "receivedPerDay" => values.ReceivedPerDay,
        "sentPerDay" => values.SentPerDay,
        _ => values.RequestsAtOnce,
    };

    public static long? Of(LimitUsage usage, string name) => name switch
    {
        "storedBytes" => usage.StoredBytes,
        "files" => usage.Files,
        "openUploads" => usage.OpenUploads,
        _ => null,
    };
}
