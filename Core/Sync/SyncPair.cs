using ChunkUpload.Core.Access;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

public enum SyncState
{
    /// <summary>It compares both sides.</summary>
    Looking = 1,
    Copying,
    InStep,

    /// <summary>It continues automatically when the reason no longer applies.</summary>
    Waiting,

    /// <summary>Its owner must answer a question. Items that the question does not concern continue.</summary>
    NeedsYou,
    Paused,
}

/// <summary>A folder of a storage.</summary>
/// <param name="Connection">The connection; <c>null</c> for the service's own files.</param>
/// <param name="Root">The id of the folder there.</param>
/// <param name="Name">The display name of the folder.</param>
public sealed record SyncPlace(Guid? Connection, string Root, string Name)
{
    /// <summary>The ids of selected files and folders in it; <c>null</c> for the whole folder.</summary>
    public IReadOnlyList<string>? Items { get; init; }
}

/// <summary>Two folders that are kept in sync: changes of the left one are applied to the right one, or in both directions.</summary>
/// <param name="Scopes">The maximum rights; the owner's current rights limit them further.</param>
/// <param name="ApiKey">The key with which it was created. The pair stops when that key ends.</param>
public sealed record SyncPair(
    Guid Id, string Tenant, string Subject, Scopes Scopes, Guid? ApiKey, string Title, SyncPlace Left, SyncPlace Right)
{
    public SyncWay Way { get; init; } = SyncWay.LeftToRight;

    /// <summary>The rule for files that differ, in a two-way pair.</summary>
    public SyncConflictRule ConflictRule { get; init; } = SyncConflictRule.Ask;

    /// <summary>Patterns and bandwidth.</summary>
    public TransferOptions Options { get; init; } = new();

    /// <summary>The time between two scans.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>When it scans, instead of the interval, in the time zone of its options.</summary>
    public string? Cron { get; init; }

    /// <summary>Gets a value that indicates whether it pauses as soon as both sides are the same.</summary>
    public bool Once { get; init; }
    public long Number { get; init; }
    public SyncState State { get; init; } = SyncState.Looking;
    public WaitReason? Wait { get; init; }
    public string? Reason { get; init; }
    public SyncQuestion? Question { get; init; }

    /// <summary>The owner's answer to the question with <see cref="AnsweredDigest"/>.</summary>
    public SyncAnswer? Answer { get; init; }
    public string? AnsweredDigest { get; init; }

    /// <summary>The last transfer that copied for it.</summary>
    public Guid? Transfer { get; init; }

    /// <summary>The number of items in the base.</summary>
    public long Items { get; init; }
    public long LeftOut { get; init; }
    public DateTimeOffset? LookedAt { get; init; }

    /// <summary>When both sides were listed last.</summary>
    public DateTimeOffset? ListedAt { get; init; }

    /// <summary>The position of the left side's change feed before the last scan; <c>null</c> if it must be listed.</summary>
    public string? LeftPosition { get; init; }
    public string? RightPosition { get; init; }
    public DateTimeOffset? InStepAt { get; init; }

    /// <summary>Gets a value that indicates whether a backup was restored since, so that the base is older than both sides.</summary>
    public bool IsRestored { get; init; }
    public DateTimeOffset MadeAt { get; init; }

    /// <summary>Returns the owner's answer to a question; <c>null</c> if it was another question.</summary>
    public SyncAnswer? AnswerTo(SyncQuestion question) => AnsweredDigest == question.Digest ? Answer : null;

    /// <summary>The question that the owner has not answered yet.</summary>
    public SyncQuestion? OpenQuestion => Question is not null && AnswerTo(Question) is null ? Question : null;

    /// <summary>The rights that the pair requires.</summary>
    public Scopes Needs => Scopes.Transfers
        | (Left.Connection is not null ? Scopes.None : Way == SyncWay.Both ? Changes : Scopes.Read | Scopes.List)
        | (Right.Connection is null ? Changes : Scopes.None);

    private const Scopes Changes = Scopes.Read | Scopes.Upload | Scopes.List | Scopes.Delete;

    public SyncPlace PlaceAt(SyncSide side) => side == SyncSide.Left ? Left : Right;
}

/// <summary>An item of the base, or a file that could not be copied.</summary>
/// <param name="Reason">Why the last copy failed.</param>
/// <param name="Until">When a file that could not be copied is tried again.</param>
public sealed record SyncItem(string Path, bool IsFolder, long? Size, string State, string? Reason, DateTimeOffset? Until);

/// <summary>An event of a pair.</summary>
public sealed record SyncEvent(long Number, DateTimeOffset At, string Kind, string? Path, string? Text);

/// <summary>The outcome of a scan.</summary>
public sealed record SyncLookEnd(SyncState State)
{
    public WaitReason? Wait { get; init; }
    public string? Reason { get; init; }
    public SyncQuestion? Question { get; init; }
    public Guid? Transfer { get; init; }

    /// <summary>The number of the last change of the left side's space before the scan; <c>null</c> if it has none.</summary>
    public long? Sequence { get; init; }

    public long? RightSequence { get; init; }

    /// <summary>The position of the left side's change feed before the scan.</summary>
    public string? LeftPosition { get; init; }
    public string? RightPosition { get; init; }
    public long LeftOut { get; init; }

    /// <summary>
    /// Gets a value that indicates whether the owner must still decide about items that only one side has, because a backup was restored.
    /// </summary>
    public bool IsRestored { get; init; }

    /// <summary>All conflicts that the scan has found; <c>null</c> if it ended before.</summary>
    public IReadOnlyList<SyncDecision>? Conflicts { get; init; }

    /// <summary>The changes that the scan has found and started; <c>null</c> if there are none.</summary>
    public SyncFindings? Findings { get; init; }

    /// <summary>The paths of conflicts whose answer could not be carried out.</summary>
    public IReadOnlyList<string> Undone { get; init; } = [];
}

/// <summary>The changes that a scan of a pair has found.</summary>
/// <param name="Paths">The first paths.</param>
public sealed record SyncFindings(int Copies, int Moves, int Removals, IReadOnlyList<string> Paths);

/// <summary>The pairs of a user in figures.</summary>
/// <param name="Live">Pairs that are not paused.</param>
/// <param name="Items">Files and folders on which both sides of pairs agree.</param>
/// <param name="Pending">Files that wait to be copied.</param>
/// <param name="Copying">Files that are being copied.</param>
/// <param name="Done">Files that were copied within the last day.</param>
/// <param name="Failed">Files that could not be copied, and are tried again.</param>
/// <param name="Conflicts">Conflicts that wait for a decision.</param>
public sealed record SyncStatistics(
    long Pairs, long Live, long Items, long Pending, long Copying, long Done, long Failed, long Conflicts);

/// <summary>The changes of a pair that are recorded in one statement.</summary>
public sealed class SyncRecords
{
    /// <summary>Rows on which both sides agree now.</summary>
    public Dictionary<string, SyncBase> Agreed { get; } = new(StringComparer.Ordinal);

    public List<string> Gone { get; } = [];

    /// <summary>Paths that this scan found removed for the first time.</summary>
    public List<string> Missing { get; } = [];

    /// <summary>The events, with the side that was changed.</summary>
    public List<(string Kind, string? Path, string? Text, SyncSide? At)> Events { get; } = [];

    /// <summary>Adds the records of decisions that need no action.</summary>
    public void Take(SyncDecided decided)
    {
        foreach (var (path, agreed) in decided.Agreed)
            Agreed[path] = agreed;
        Gone.AddRange(decided.Gone);
        Events.AddRange(decided.Left.Select(path => ("left", (string?)path, (string?)null, (SyncSide?)null)));
    }

    public bool IsEmpty => Agreed.Count == 0 && Gone.Count == 0 && Missing.Count == 0 && Events.Count == 0;
}

/// <summary>The base of a pair as a scan reads it.</summary>
/// <param name="Missing">Paths that the previous scan found removed.</param>
/// <param name="Failing">Files that are skipped for a while, because they could not be copied.</param>
/// <param name="RecentRemovals">The number of removals within the window of the limit.</param>
/// <param name="Restless">The paths of files that are repeatedly copied back and forth.</param>
/// <param name="Answers">The owner's decisions about conflicts, by path, each with the digest of its conflict.</param>
public sealed record SyncBases(
    IReadOnlyDictionary<string, SyncBase> ByPath, IReadOnlySet<string> Missing, IReadOnlyDictionary<string, string?> Failing,
    int RecentRemovals, IReadOnlySet<string> Restless, IReadOnlyDictionary<string, (string Digest, SyncAnswer Answer)> Answers);
