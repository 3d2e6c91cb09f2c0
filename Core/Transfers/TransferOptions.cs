namespace ChunkUpload.Core.Transfers;

/// <summary>How to decide whether a file already exists at the destination.</summary>
public enum EqualBy
{
    /// <summary>A file with this name exists.</summary>
    Exists = 1,
    Size,

    /// <summary>Size and time of change.</summary>
    Time,

    /// <summary>Size and a common digest of both ends; if there is none, size and time.</summary>
    Checksum,
}

/// <summary>What happens if the name is taken by a file with different content.</summary>
public enum WhenTaken
{
    Skip = 1,
    ReplaceOlder,
    Replace,
    KeepBoth,
}

public enum VerifyBy
{
    None = 1,

    /// <summary>Compares the digests of the storages.</summary>
    Digest,

    /// <summary>Also reads the file back from the destination.</summary>
    ReadBack,
}

/// <summary>The format to which documents without bytes of their own are exported.</summary>
public enum ExportFormat
{
    /// <summary>The formats of Word, Excel and PowerPoint; drawings become PDF.</summary>
    Office = 1,

    /// <summary>The formats of LibreOffice; drawings become PDF.</summary>
    OpenDocument,
    Pdf,
}

/// <summary>The limits of retries of a transfer; null for the service's default.</summary>
public sealed record AttemptOptions
{
    /// <summary>The number of attempts without progress for failures that look permanent.</summary>
    public int? Refused { get; init; }

    /// <summary>The number of restarts of a file at byte 0.</summary>
    public int? Restarts { get; init; }

    /// <summary>The number of attempts without progress if the network or the storage fails; null for no limit.</summary>
    public int? Network { get; init; }

    /// <summary>The maximum seconds between two attempts.</summary>
    public int? LongestPause { get; init; }

    /// <summary>The seconds to wait if the destination is full.</summary>
    public int? FullPause { get; init; }

    /// <summary>The seconds to wait if a daily limit of the storage is used up.</summary>
    public int? DailyPause { get; init; }
}

/// <summary>The options of a transfer.</summary>
public sealed record TransferOptions
{
    public EqualBy Equal { get; init; } = EqualBy.Checksum;
    public WhenTaken Taken { get; init; } = WhenTaken.KeepBoth;
    public VerifyBy Verify { get; init; } = VerifyBy.Digest;

    /// <summary>Patterns of included paths with * and ?; empty for all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>The size limits of files in the selected folders; <c>null</c> for none.</summary>
    public long? MinSize { get; init; }
    public long? MaxSize { get; init; }

    /// <summary>The limits of the seconds since the last change of such files; <c>null</c> for none.</summary>
    public long? MinAge { get; init; }
    public long? MaxAge { get; init; }

    /// <summary>The ids of excluded items in the selected folders. Folders are excluded with their contents.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Gets a value that indicates whether documents without bytes of their own are exported to a common format.</summary>
    public bool Export { get; init; } = true;
    public ExportFormat ExportAs { get; init; } = ExportFormat.Office;

    /// <summary>
    /// Gets a value that indicates whether the folder structure of the source is kept; otherwise all files are stored in one folder.
    /// </summary>
    public bool Structure { get; init; } = true;

    /// <summary>Bytes per second, or a timetable; null for no limit. Entries of a timetable may also say <c>stop</c>.</summary>
    public string? Bandwidth { get; init; }

    /// <summary>The time zone of the timetable, such as Europe/Berlin; null for that of the service.</summary>
    public string? TimeZone { get; init; }
    public AttemptOptions Attempts { get; init; } = new();

    /// <summary>The maximum number of files that are copied at the same time; <c>null</c> for no limit.</summary>
    public int? AtOnce { get; init; }

    /// <summary>
    /// Gets a value that indicates whether copied files are removed at the source, after the digests of both ends were compared.
    /// </summary>
    public bool Move { get; init; }

    /// <summary>
    /// Gets a value that indicates whether both ends are only compared: the transfer ends with its plan, and changes nothing.
    /// </summary>
    public bool CheckOnly { get; init; }

    /// <summary>How the owner is notified.</summary>
    public TransferNotes Notes { get; init; } = new();
}

/// <summary>A way to notify the owner of a transfer. Webhooks of the tenant receive the events in any case.</summary>
public enum NoteWay
{
    /// <summary>In the console, until the owner has seen it.</summary>
    Notice = 1,
    Mail,
}

/// <summary>How the owner of a transfer is notified that it is done, has partly failed, or waits for the owner.</summary>
public sealed record TransferNotes
{
    public IReadOnlyList<NoteWay> Done { get; init; } = [NoteWay.Notice];
    public IReadOnlyList<NoteWay> Failed { get; init; } = [NoteWay.Notice];
    public IReadOnlyList<NoteWay> NeedsOwner { get; init; } = [NoteWay.Notice, NoteWay.Mail];
}

/// <summary>A notification to the owner.</summary>
public enum TransferNote
{
    Done = 1,

    /// <summary>The transfer has failed, completely or partly.</summary>
    Failed,
    NeedsOwner,
}
