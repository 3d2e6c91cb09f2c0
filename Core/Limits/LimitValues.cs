namespace ChunkUpload.Core.Limits;

/// <summary>The values of one row of limits; null sets no limit.</summary>
public sealed record LimitValues
{
    /// <summary>The largest upload in bytes.</summary>
    public long? MaxFileSize { get; init; }

    /// <summary>Bytes of all uploads, finished or not, also of those in the trash.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Uploads that are or become files, also those in the trash.</summary>
    public long? Files { get; init; }

    /// <summary>Unfinished uploads.</summary>
    public long? OpenUploads { get; init; }

    /// <summary>Requests per minute, with bursts of up to one minute's worth; HEAD and OPTIONS do not count.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>New uploads a minute.</summary>
    public long? CreationsPerMinute { get; init; }

    /// <summary>Requests at a time that carry a file's bytes, up or down.</summary>
    public long? RequestsAtOnce { get; init; }

    /// <summary>File bytes that may be received in a day (UTC).</summary>
    public long? ReceivedPerDay { get; init; }

    /// <summary>File bytes that may be sent in a day (UTC).</summary>
    public long? SentPerDay { get; init; }

    /// <summary>File bytes a second that may be received, by the time of the week.</summary>
    public BandwidthTimetable? ReceiveBandwidth { get; init; }

    /// <summary>File bytes a second that may be sent, by the time of the week.</summary>
    public BandwidthTimetable? SendBandwidth { get; init; }

    /// <summary>The rules for files that may be sent to the service.</summary>
    public FileRules? Rules { get; init; }
}

/// <summary>The usage by the uploads of a tenant or of one of its subjects.</summary>
public sealed record LimitUsage(long StoredBytes, long Files, long OpenUploads);
