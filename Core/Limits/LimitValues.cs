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

    /// <summary>Requests a minute, a minute's worth at once; HEAD and OPTIONS do not count.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>New uploads a minute.</summary>
    public long? CreationsPerMinute { get; init; }

    /// <summary>Requests at a time that carry a file's bytes, up or down.</summary>
    public long? Transfers { get; init; }

    /// <summary>Bytes of files that may come in a day (UTC).</summary>
    public long? ReceivedPerDay { get; init; }

    /// <summary>Bytes of files that may be sent in a day (UTC).</summary>
    public long? SentPerDay { get; init; }

    /// <summary>Bytes a second that may come of files, over the week.</summary>
    public BandwidthTimetable? ReceiveBandwidth { get; init; }

    /// <summary>Bytes a second that may be sent of files, over the week.</summary>
    public BandwidthTimetable? SendBandwidth { get; init; }

    /// <summary>Which files may come.</summary>
    public FileRules? Rules { get; init; }
}

/// <summary>The usage by the uploads of a tenant or of one of its subjects.</summary>
public sealed record LimitUsage(long StoredBytes, long Files, long OpenUploads);
