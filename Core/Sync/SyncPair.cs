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

    /// <summary>It continues by itself when the reason is gone.</summary>
    Waiting,

    /// <summary>Its owner is asked something. What the question does not concern continues.</summary>
    NeedsYou,
    Paused,
}

/// <summary>A folder of a storage.</summary>
/// <param name="Connection"><c>null</c>: the service's own files.</param>
/// <param name="Root">The id of the folder there.</param>
/// <param name="Name">The name of the folder, for people.</param>
public sealed record SyncPlace(Guid? Connection, string Root, string Name)
{
    /// <summary>The ids of files and folders in it that were chosen one by one; <c>null</c>: all that is in it.</summary>
    public IReadOnlyList<string>? Items { get; init; }
}

/// <summary>Two folders that are kept the same: what changes in the left one is done in the right one, or in either of them.</summary>
/// <param name="Scopes">The most that it may do; its owner's rights at each moment limit it further.</param>
/// <param name="ApiKey">The key with which it was made: it stops when that key ends.</param>
public sealed record SyncPair(
    Guid Id, string Tenant, string Subject, Scopes Scopes, Guid? ApiKey, string Title, SyncPlace Left, SyncPlace Right)
{
    public SyncWay Way { get; init; } = SyncWay.LeftToRight;

    /// <summary>What decides about files that differ, with both ways.</summary>
    public SyncConflictRule ConflictRule { get; init; } = SyncConflictRule.Ask;

    /// <summary>Patterns and bandwidth.</summary>
    public TransferOptions Options { get; init; } = new();

    /// <summary>Between two looks.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>When it looks, in place of the interval, in the time zone of its options.</summary>
    public string? Cron { get; init; }

    /// <summary>Gets a value that indicates whether it pauses as soon as both sides are the same.</summary>
    public bool Once { get; init; }
    public long Number { get; init; }
    public SyncState State { get; init; } = SyncState.Looking;
    public WaitReason? Wait { get; init; }
    public string? Reason { get; init; }
    public SyncQuestion? Question { get; init; }

    /// <summary>What the owner has answered to <see cref="AnsweredDigest"/>.</summary>
    public SyncAnswer? Answer { get; init; }
    public string? AnsweredDigest { get; init; }

    /// <summary>The last transfer that copies for it.</summary>
    public Guid? Transfer { get; init; }

    /// <summary>How many items the base has.</summary>
    public long Items { get; init; }
    public long LeftOut { get; init; }
    public DateTimeOffset? LookedAt { get; init; }

    /// <summary>When both sides were listed last.</summary>
    public DateTimeOffset? ListedAt { get; init; }

    /// <summary>Where the left side's feed of changes was before the last look; <c>null</c> if it has to be listed.</summary>
    public string? LeftPosition { get; init; }
    public string? RightPosition { get; init; }
    public DateTimeOffset? InStepAt { get; init; }

    /// <summary>Gets a value that indicates whether a backup was restored since: the base is older than both sides.</summary>
    public bool IsRestored { get; init; }
    public DateTimeOffset MadeAt { get; init; }

    /// <summary>Returns what the owner has answered to a question; <c>null</c> if it was another one.</summary>
    public SyncAnswer? AnswerTo(SyncQuestion question) => AnsweredDigest == question.Digest ? Answer : null;

    /// <summary>The question that the owner has not answered yet.</summary>
    public SyncQuestion? OpenQuestion => Question is not null && AnswerTo(Question) is null ? Question : null;

    /// <summary>The rights without which nothing of it can be done.</summary>
    public Scopes Needs => Scopes.Transfers
        | (Left.Connection is not null ? Scopes.None : Way == SyncWay.Both ? Changes : Scopes.Read | Scopes.List)
        | (Right.Connection is null ? Changes : Scopes.None);

    private const Scopes Changes = Scopes.Read | Scopes.Upload | Scopes.List | Scopes.Delete;

    public SyncPlace PlaceAt(SyncSide side) => side == SyncSide.Left ? Left : Right;
}

/// <summary>A row of the base, or a file that could not be copied.</summary>
/// <param name="Reason">Why the last copy failed.</param>
/// <param name="Until">When a file that could not be copied is tried again.</param>
public sealed record SyncItem(string Path, bool IsFolder, long? Size, string State, string? Reason, DateTimeOffset? Until);

/// <summary>Something that a pair has done or met.</summary>
public sealed record SyncEvent(long Number, DateTimeOffset At, string Kind, string? Path, string? Text);

/// <summary>How a look has ended.</summary>
public sealed record SyncLookEnd(SyncState State)
{
    public WaitReason? Wait { get; init; }
    public string? Reason { get; init; }
    public SyncQuestion? Question { get; init; }
    public Guid? Transfer { get; init; }

    /// <summary>The number of the last change of the left side's space before the look; <c>null</c> if it has none.</summary>
    public long? Sequence { get; init; }

    public long? RightSequence { get; init; }

    /// <summary>Where the left side's feed of changes was before the look.</summary>
    public string? LeftPosition { get; init; }
    public string? RightPosition { get; init; }
    public long LeftOut { get; init; }

    /// <summary>Gets a value that indicates whether what only one side has is still asked about, because a backup was restored.</summary>
    public bool IsRestored { get; init; }

    /// <summary>All conflicts that the look has found; <c>null</c> if it did not come so far.</summary>
    public IReadOnlyList<SyncDecision>? Conflicts { get; init; }

    /// <summary>What the look has found to do, and begun; <c>null</c>: nothing.</summary>
    public SyncFindings? Findings { get; init; }

    /// <summary>Paths of conflicts whose answer could not be carried out.</summary>
    public IReadOnlyList<string> Undone { get; init; } = [];
}

/// <summary>What a look at a pair has found to do.</summary>
/// <param name="Paths">The first ones.</param>
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

/// <summary>What the work on a pair has found and done, recorded in one statement.</summary>
public sealed class SyncRecords
{
    /// <summary>Rows on which both sides agree now.</summary>
    public Dictionary<string, SyncBase> Agreed { get; } = new(StringComparer.Ordinal);

    public List<string> Gone { get; } = [];

    /// <summary>Paths that a side has removed, as this look found for the first time.</summary>
    public List<string> Missing { get; } = [];

    /// <summary>What happened, with the side that was changed.</summary>
    public List<(string Kind, string? Path, string? Text, SyncSide? At)> Events { get; } = [];

    /// <summary>Adds what follows from decisions without any step.</summary>
    public void Take(SyncDecided decided)
    {
        foreach (var (path, agreed) in decided.Agreed)
            Agreed[path] = agreed;
        Gone.AddRange(decided.Gone);
        Events.AddRange(decided.Left.Select(path => ("left", (string?)path, (string?)null, (SyncSide?)null)));
    }

    public bool IsEmpty => Agreed.Count == 0 && Gone.Count == 0 && Missing.Count == 0 && Events.Count == 0;
}

/// <summary>The base of a pair as a look reads it.</summary>
/// <param name="Missing">Paths that the look before found removed.</param>
/// <param name="Failing">Files that are left alone for a while, because they could not be copied.</param>
/// <param name="RecentRemovals">Within the window of the brake.</param>
/// <param name="Restless">The paths of files that go back and forth.</param>
/// <param name="Answers">What the owner has decided about conflicts, by path, each with the digest of what was decided about.</param>
public sealed record SyncBases(
    IReadOnlyDictionary<string, SyncBase> ByPath, IReadOnlySet<string> Missing, IReadOnlyDictionary<string, string?> Failing,
    int RecentRemovals, IReadOnlySet<string> Restless, IReadOnlyDictionary<string, (string Digest, SyncAnswer Answer)> Answers);
