using ChunkUpload.Client.Folders;
using ChunkUpload.Client.State;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Client.Sync;

/// <summary>How a pair is kept in sync.</summary>
internal sealed record SyncSettings
{
    /// <summary>What begins so belongs to this client or to a service, and is never copied.</summary>
    public const string OwnPrefix = ".chunkupload-";

    /// <summary>Lock files, and the notes of file managers and office programs.</summary>
    private static readonly string[] Usual = ["~$*", ".~lock.*", "._*", ".DS_Store", "Thumbs.db", "desktop.ini"];

    /// <summary>What decides about files that both sides have changed; the left side is the local one.</summary>
    public SyncConflictRule Rule { get; init; } = SyncConflictRule.Ask;

    /// <summary>Patterns of what takes no part, in gitignore syntax.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>A local file that was changed within this time is left until it has come to rest.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A removal counts only if a second look finds it, this time later.</summary>
    public TimeSpan SecondLook { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether the plan is only told.</summary>
    public bool DryRun { get; init; }

    /// <summary>Whether names that differ only in case or in the form of Unicode are one name here.</summary>
    public bool FoldsNames { get; init; } = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();

    /// <summary>Whether names are those of Windows.</summary>
    public bool HasWindowsNames { get; init; } = OperatingSystem.IsWindows();

    public IgnoreRules Rules => new([.. Usual, .. Exclude, OwnPrefix + "*"]);
}

/// <summary>What a round tells while it works.</summary>
/// <param name="Done">made, sent, fetched, moved, removed, conflict, failed or would be one of these.</param>
/// <param name="At">The side that was changed; <c>null</c>: neither.</param>
internal sealed record SyncNote(string Done, SyncSide? At, string Path, string? Message = null);

/// <summary>How a round ended.</summary>
internal sealed record SyncOutcome(SyncTold Told)
{
    /// <summary>Whether another look has to follow at once, or after the given time.</summary>
    public TimeSpan? Again { get; init; }

    /// <summary>Whether files wait until no program has them open, or until their content has come.</summary>
    public bool HasWaiting { get; init; }

    /// <summary>Why the round could not go on; it is tried again later.</summary>
    public TransferException? Fault { get; init; }

    /// <summary>Why the first of the files that failed did.</summary>
    public TransferFailure? Failing { get; init; }

    /// <summary>How many steps were done.</summary>
    public int Steps { get; init; }
}
