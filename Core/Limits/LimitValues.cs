namespace ChunkUpload.Core.Limits;

/// <summary>The values of one row of limits; null sets no limit.</summary>
public sealed record LimitValues
{
    /// <summary>The largest upload in bytes.</summary>
    public long? MaxFileSize { get; init; }

    /// <summary>The bytes of all uploads, finished or not, including those in the trash.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>The number of uploads that are or become files, including those in the trash.</summary>
    public long? Files { get; init; }

    /// <summary>The number of unfinished uploads.</summary>
    public long? OpenUploads { get; init; }

    /// <summary>Requests per minute, with bursts of up to one minute's worth; HEAD and OPTIONS do not count.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>The number of new uploads per minute.</summary>
    public long? CreationsPerMinute { get; init; }

    /// <summary>The number of concurrent requests that carry the bytes of a file in either direction.</summary>
    public long? RequestsAtOnce { get; init; }

    /// <summary>The bytes of files that may be received in a day (UTC).</summary>
    public long? ReceivedPerDay { get; init; }

    /// <summary>The bytes of files that may be sent in a day (UTC).</summary>
    public long? SentPerDay { get; init; }

    /// <summary>The bytes of files per second that may be received, by the time of the week.</summary>
    public BandwidthTimetable? ReceiveBandwidth { get; init; }

    /// <summary>The bytes of files per second that may be sent, by the time of the week.</summary>
    public BandwidthTimetable? SendBandwidth { get; init; }

    /// <summary>The rules for files that may be sent to the service.</summary>
    public FileRules? Rules { get; init; }
}

/// <summary>What the uploads of a tenant or of one of its subjects use.</summary>
public sealed record LimitUsage(long StoredBytes, long Files, long OpenUploads);
