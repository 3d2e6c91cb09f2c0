namespace ChunkUpload.Core.Transfers;

/// <summary>What to compare before a file counts as being there already.</summary>
public enum EqualBy
{
    /// <summary>A file of this name.</summary>
    Exists = 1,
    Size,

    /// <summary>Size and time of change.</summary>
    Time,

    /// <summary>Size and a digest that both ends know; where they have none in common, size and time.</summary>
    Checksum,
}

/// <summary>What happens when a name is taken by another content.</summary>
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

    /// <summary>By the digests that the storages name.</summary>
    Digest,

    /// <summary>By these, and by reading the file again at the destination.</summary>
    ReadBack,
}

/// <summary>What documents without bytes of their own become.</summary>
public enum ExportFormat
{
    /// <summary>The formats of Word, Excel and PowerPoint; drawings become PDF.</summary>
    Office = 1,

    /// <summary>The formats of LibreOffice; drawings become PDF.</summary>
    OpenDocument,
    Pdf,
}

/// <summary>How often and how long a transfer tries again; what is null is as the service does it.</summary>
public sealed record AttemptOptions
{
    /// <summary>Attempts without progress, for failures that look permanent.</summary>
    public int? Refused { get; init; }

    /// <summary>How often a file begins again at byte 0.</summary>
    public int? Restarts { get; init; }

    /// <summary>Attempts without progress where the network or the storage fails; null means without an end.</summary>
    public int? Network { get; init; }

    /// <summary>Seconds between two attempts, at most.</summary>
    public int? LongestPause { get; init; }

    /// <summary>Seconds for which a full destination is left alone.</summary>
    public int? FullPause { get; init; }

    /// <summary>Seconds for which a storage is left alone whose limit of the day is used up.</summary>
    public int? DailyPause { get; init; }
}

/// <summary>How a transfer is done.</summary>
public sealed record TransferOptions
{
    public EqualBy Equal { get; init; } = EqualBy.Checksum;
    public WhenTaken Taken { get; init; } = WhenTaken.KeepBoth;
    public VerifyBy Verify { get; init; } = VerifyBy.Digest;

    /// <summary>Patterns of paths with * and ?; empty: everything.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Bounds of the files in the folders that were chosen; <c>null</c>: none.</summary>
    public long? MinSize { get; init; }
    public long? MaxSize { get; init; }

    /// <summary>Seconds since the last change of such files; <c>null</c>: any number.</summary>
    public long? MinAge { get; init; }
    public long? MaxAge { get; init; }

    /// <summary>The ids of what is left out of the folders that were chosen: exactly these, with what is in them.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Gets a value that indicates whether documents that have no bytes of their own are exported to a usual format.</summary>
    public bool Export { get; init; } = true;
    public ExportFormat ExportAs { get; init; } = ExportFormat.Office;

    /// <summary>
    /// Gets a value that indicates whether folders are made at the destination as they are at the source; else all files go into one
    /// folder.
    /// </summary>
    public bool Structure { get; init; } = true;

    /// <summary>Bytes a second, or a timetable; null means no limit. Entries of a timetable may also say <c>stop</c>.</summary>
    public string? Bandwidth { get; init; }

    /// <summary>Of the timetable, such as Europe/Berlin; null means that of the service.</summary>
    public string? TimeZone { get; init; }
    public AttemptOptions Attempts { get; init; } = new();

    /// <summary>The number of files that are copied at once; <c>null</c>: as many as there is room for.</summary>
    public int? AtOnce { get; init; }

    /// <summary>Gets a value that indicates whether the source gives up what has arrived, after a digest of both ends has agreed.</summary>
    public bool Move { get; init; }

    /// <summary>
    /// Gets a value that indicates whether both ends are only compared: the transfer ends with its plan, and changes nothing.
    /// </summary>
    public bool CheckOnly { get; init; }

    /// <summary>How its owner is told.</summary>
    public TransferNotes Notes { get; init; } = new();
}

/// <summary>A way to tell the owner of a transfer something. Webhooks of the tenant get the events in any case.</summary>
public enum NoteWay
{
    /// <summary>In the console, until the owner has seen it.</summary>
    Notice = 1,
    Mail,
}

/// <summary>How the owner of a transfer is told that it is done, that a part of it has failed, that it waits for its owner.</summary>
public sealed record TransferNotes
{
    public IReadOnlyList<NoteWay> Done { get; init; } = [NoteWay.Notice];
    public IReadOnlyList<NoteWay> Failed { get; init; } = [NoteWay.Notice];
    public IReadOnlyList<NoteWay> NeedsOwner { get; init; } = [NoteWay.Notice, NoteWay.Mail];
}

/// <summary>What the owner is told.</summary>
public enum TransferNote
{
    Done = 1,

    /// <summary>Also if some files are done.</summary>
    Failed,
    NeedsOwner,
}
