using ChunkUpload.Client.Folders;
using ChunkUpload.Client.State;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Client.Sync;

/// <summary>The settings of a pair.</summary>
internal sealed record SyncSettings
{
    /// <summary>The prefix of files of this client or of a service, which are never copied.</summary>
    public const string OwnPrefix = ".chunkupload-";

    /// <summary>Lock files, and the notes of file managers and office programs.</summary>
    private static readonly string[] Usual = ["~$*", ".~lock.*", "._*", ".DS_Store", "Thumbs.db", "desktop.ini"];

    /// <summary>What decides about files that both sides have changed; the left side is the local one.</summary>
    public SyncConflictRule Rule { get; init; } = SyncConflictRule.Ask;

    /// <summary>The patterns of items that are left out, in gitignore syntax.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>The time for which a local file must not have changed before it is copied.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A removal counts only if a second scan finds it, this time later.</summary>
    public TimeSpan SecondLook { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets a value that indicates whether the plan is only reported.</summary>
    public bool DryRun { get; init; }

    /// <summary>Gets a value that indicates whether names that differ only in case or in the form of Unicode are one name here.</summary>
    public bool FoldsNames { get; init; } = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();

    /// <summary>Gets a value that indicates whether names are those of Windows.</summary>
    public bool HasWindowsNames { get; init; } = OperatingSystem.IsWindows();

    public IgnoreRules Rules => new([.. Usual, .. Exclude, OwnPrefix + "*"]);
}

/// <summary>A step that a round reports.</summary>
/// <param name="Done">made, sent, fetched, moved, removed, conflict, failed or would be one of these.</param>
/// <param name="At">The side that was changed; <c>null</c>: neither.</param>
internal sealed record SyncNote(string Done, SyncSide? At, string Path, string? Message = null);

/// <summary>How a round ended.</summary>
internal sealed record SyncOutcome(SyncTold Told)
{
    /// <summary>Gets a value that indicates whether another scan has to follow at once, or after the given time.</summary>
    public TimeSpan? Again { get; init; }

    /// <summary>Gets a value that indicates whether files wait until no program has them open, or until their content has come.</summary>
    public bool HasWaiting { get; init; }

    /// <summary>The reason why the round could not continue; it is tried again later.</summary>
    public TransferException? Fault { get; init; }

    /// <summary>The reason why the first file failed.</summary>
    public TransferFailure? Failing { get; init; }

    /// <summary>How many steps were done.</summary>
    public int Steps { get; init; }
}
