using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Transfers;
using ChunkUpload.Core.Sync;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Api.Sync;

internal sealed record SyncView
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","title":"Photos to the disk","state":"in_step","wait":null,"reason":null,"way":"left_to_right",
         "conflicts":"ask","left":{"connection":null,"folder":"{{Examples.Id}}","name":"Photos","items":null},
         "right":{"connection":"{{Examples.Id}}","folder":".","name":"Backup","items":null},
         "include":[],"exclude":["*.tmp"],"bandwidth":null,"timeZone":null,"exportAs":"office","interval":30,"cron":null,"once":false,
         "items":1204,"leftOut":2,"question":null,
         "transfer":null,"lookedAt":"2026-01-15T09:30:00.000Z","inStepAt":"2026-01-15T09:30:00.000Z",
         "createdAt":"2026-01-03T09:30:00.000Z"}
        """;

    public required string Id { get; init; }

    public required string Title { get; init; }

    /// <summary>looking, copying, in_step, waiting, needs_you or paused.</summary>
    public required string State { get; init; }

    /// <summary>What it waits for, as for transfers; null if only the reason says it.</summary>
    public required string? Wait { get; init; }

    public required string? Reason { get; init; }

    /// <summary>left_to_right, or both.</summary>
    public required string Way { get; init; }

    /// <summary>ask, newer, larger, left, right or both.</summary>
    public required string Conflicts { get; init; }

    public required SyncSideView Left { get; init; }

    public required SyncSideView Right { get; init; }

    public required IReadOnlyList<string> Include { get; init; }

    public required IReadOnlyList<string> Exclude { get; init; }

    public required string? Bandwidth { get; init; }

    public required string? TimeZone { get; init; }

    /// <summary>The format of Google's documents: office, open_document, pdf or none.</summary>
    public required string ExportAs { get; init; }

    /// <summary>Seconds between two scans.</summary>
    public required int Interval { get; init; }

    /// <summary>When it scans, instead of interval.</summary>
    public required string? Cron { get; init; }

    /// <summary>Whether it pauses as soon as both sides are in sync.</summary>
    public required bool Once { get; init; }

    /// <summary>Files and folders on which both sides agree.</summary>
    public required long Items { get; init; }

    /// <summary>Items of the left folder that are not copied, such as links and excluded files.</summary>
    public required long LeftOut { get; init; }

    /// <summary>The question to its owner; null if there is none.</summary>
    public required SyncQuestionView? Question { get; init; }

    /// <summary>The current or last transfer that copies for it.</summary>
    public required string? Transfer { get; init; }

    public required DateTimeOffset? LookedAt { get; init; }

    public required DateTimeOffset? InStepAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static SyncView Of(SyncPair pair) => new()
    {
        Id = pair.Id.ToString("n"),
        Title = pair.Title,
        State = TransferWords.Of(pair.State),
        Wait = TransferWords.Of(pair.Wait),
        Reason = pair.Reason,
        Way = TransferWords.Of(pair.Way),
        Conflicts = TransferWords.Of(pair.ConflictRule),
        Left = SyncSideView.Of(pair.Left),
        Right = SyncSideView.Of(pair.Right),
        Include = pair.Options.Include,
        Exclude = pair.Options.Exclude,
        Bandwidth = pair.Options.Bandwidth,
        TimeZone = pair.Options.TimeZone,
        ExportAs = pair.Options.Export ? TransferWords.Of(pair.Options.ExportAs) : NewSyncBody.NoExports,
        Interval = (int)pair.Interval.TotalSeconds,
        Cron = pair.Cron,
        Once = pair.Once,
        Items = pair.Items,
        LeftOut = pair.LeftOut,
        Question = pair.OpenQuestion is { } question ? SyncQuestionView.Of(question) : null,
        Transfer = pair.Transfer?.ToString("n"),
        LookedAt = pair.LookedAt,
        InStepAt = pair.InStepAt,
        CreatedAt = pair.MadeAt,
    };

    /// <summary>Returns the pair as waiting if it would continue and no node can take its work.</summary>
    public SyncView WaitingFor(NodeWait? node) => node is null || State is not ("looking" or "copying" or "in_step" or "waiting")
        ? this
        : this with { State = "waiting", Wait = node.Reason, Reason = node.Sentence };
}

/// <param name="Items">The ids of the selected items in the folder; null for the whole folder.</param>
internal sealed record SyncSideView(string? Connection, string Folder, string Name, IReadOnlyList<string>? Items)
{
    public static SyncSideView Of(SyncPlace place) => new(place.Connection?.ToString("n"), place.Root, place.Name, place.Items);
}

/// <param name="Digest">Identifies the whole list, for the answer.</param>
/// <param name="Removals">The number of items that would be removed. Differences are asked about after them.</param>
/// <param name="Conflicts">The number of paths that differ: the right folder was changed, or with both directions both were.</param>
/// <param name="Paths">The first 200.</param>
internal sealed record SyncQuestionView(string Digest, int Removals, int Conflicts, IReadOnlyList<SyncQuestionPathView> Paths)
{
    public static SyncQuestionView Of(SyncQuestion question) => new(
        question.Digest, question.Removals, question.Conflicts,
        [.. question.Examples.Select(one => new SyncQuestionPathView(one.Path, one.Kind))]);
}

/// <param name="Kind">
/// removal (from the right folder), removal_at_left, after a restore from a backup only_at_left and only_at_right, both_changed, both_new,
/// file_and_folder, back_and_forth, changed_at_destination or removed_at_destination.
/// </param>
internal sealed record SyncQuestionPathView(string Path, string Kind);

/// <param name="Kind">file or folder.</param>
/// <param name="State">in_step, missing (removed on one side), left_alone or failing.</param>
/// <param name="Reason">Why the last copy failed.</param>
/// <param name="Until">When it is tried again.</param>
internal sealed record SyncItemView(string Path, string Kind, long? Size, string State, string? Reason, DateTimeOffset? Until)
{
    public const string Example =
        """{"path":"2026/report.pdf","kind":"file","size":52428,"state":"in_step","reason":null,"until":null}""";

    public static SyncItemView Of(SyncItem item) =>
        new(item.Path, item.IsFolder ? "folder" : "file", item.Size, item.State, item.Reason, item.Until);
}

/// <param name="Kind">
/// made, copied, not_copied, moved, removed, failed, left, in_step, waiting, needs_you, pause, resume, run, apply, leave, right, both or
/// taken_back.
/// </param>
internal sealed record SyncEventView(long Number, DateTimeOffset At, string Kind, string? Path, string? Text)
{
    public const string Example =
        """{"number":7,"at":"2026-01-15T09:30:00.000Z","kind":"copied","path":"2026/report.pdf","text":null}""";

    public static SyncEventView Of(SyncEvent one) => new(one.Number, one.At, one.Kind, one.Path, one.Text);
}

/// <summary>The actions that a scan would take now.</summary>
/// <param name="Adopts">The number of items that are already the same.</param>
/// <param name="Asks">Whether the owner would be asked before the removals.</param>
/// <param name="Bytes">The bytes to copy.</param>
/// <param name="Steps">The first 200 steps and differences.</param>
internal sealed record SyncPlanView(
    int Adopts, int Folders, int Copies, long Bytes, int Moves, int Removals, int Conflicts, bool Asks, long LeftOut,
    IReadOnlyList<SyncStepView> Steps)
{
    public const string Example = """
        {"adopts":12,"folders":1,"copies":3,"bytes":52428,"moves":0,"removals":0,"conflicts":0,"asks":false,"leftOut":0,
         "steps":[{"step":"copy","path":"2026/report.pdf","from":null}]}
        """;

    private const int MostSteps = 200;

    public static SyncPlanView Of(SyncFound found)
    {
        var actions = found.Plan.Actions;
        var shown = actions.Where(action => action.Kind is not (SyncActionKind.Adopt or SyncActionKind.Forget))
            .Select(action => new SyncStepView(TransferWords.Of(action.Kind), action.Path, action.From))
            .Concat(found.OnOneSide.Select(action => new SyncStepView(SyncQuestions.OnlyAt(action.At), action.Path, null)))
            .Concat(found.Plan.Conflicts.Select(conflict => new SyncStepView(TransferWords.Of(conflict.Kind), conflict.Path, null)));
        return new SyncPlanView(
            Count(SyncActionKind.Adopt), Count(SyncActionKind.MakeFolder), Count(SyncActionKind.Copy),
            actions.Where(action => action.Kind == SyncActionKind.Copy)
                .Sum(action => (action.At == SyncSide.Right ? action.Left : action.Right)?.Size ?? 0),
            Count(SyncActionKind.Move), Count(SyncActionKind.Remove), found.Plan.Conflicts.Count,
            found.StopsRemovals || found.OnOneSide.Count > 0, found.LeftOut,
            [.. shown.Take(MostSteps)]);

        int Count(SyncActionKind kind) => actions.Count(action => action.Kind == kind);
    }
}

/// <param name="Step">make_folder, copy, move, remove, or the kind of a difference.</param>
/// <param name="From">The previous path of a moved item.</param>
internal sealed record SyncStepView(string Step, string Path, string? From);
