using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Transfers;

internal sealed record TransferView
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","label":"Photos to Drive","state":"running","wait":null,"reason":null,"owner":"user:{{Examples.Id}}",
         "source":{"kind":"own","connection":null,"folder":null,"folderName":null},
         "destination":{"kind":"connection","connection":"{{Examples.Id}}",
          "folder":"1dyUEebJaFnWa3Z4n0BFMVAXQ7mfUH11g","folderName":"Holidays"},
         "options":{{TransferOptionsBody.Example}},"priority":"normal","deadline":null,"scanned":true,
         "files":{"all":60,"done":21,"skipped":1,"failed":0},"folders":7,
         "bytes":{"all":125829120,"done":44040192,"moved":44040192},"percent":35,
         "averageBps":4404019.2,"eta":"2026-01-15T09:30:28.500Z","createdAt":"2026-01-15T09:30:00.000Z",
         "startedAt":"2026-01-15T09:30:00.500Z","endedAt":null,"notice":null,"schedule":null}
        """;

    public required string Id { get; init; }

    public required string Label { get; init; }

    /// <summary>queued, scanning, planned, running, waiting, paused, done, partly_done, failed, cancelled.</summary>
    public required string State { get; init; }

    /// <summary>Why it waits; null if it does not.</summary>
    public required TransferWaitView? Wait { get; init; }

    public required string? Reason { get; init; }

    public required string Owner { get; init; }

    public required TransferEndView Source { get; init; }

    public required TransferEndView Destination { get; init; }

    public required TransferOptionsBody Options { get; init; }

    public required string Priority { get; init; }

    /// <summary>When it ends even if it is not complete; null if there is no deadline.</summary>
    public required DateTimeOffset? Deadline { get; init; }

    /// <summary>Whether all folders of the source were read, so that the numbers are final.</summary>
    public required bool Scanned { get; init; }

    public required TransferFilesView Files { get; init; }

    public required long Folders { get; init; }

    public required TransferBytesView Bytes { get; init; }

    public required double? Percent { get; init; }

    /// <summary>Bytes per second since the start.</summary>
    public required double? AverageBps { get; init; }

    /// <summary>When it will be done at this speed.</summary>
    public required DateTimeOffset? Eta { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset? StartedAt { get; init; }

    public required DateTimeOffset? EndedAt { get; init; }

    /// <summary>The notice that the console shows the owner until it was seen: done, failed, needs_owner.</summary>
    public required string? Notice { get; init; }

    /// <summary>The schedule that started it; null if a person did.</summary>
    public required string? Schedule { get; init; }

    /// <param name="viewer">The subject that views it; only the owner sees its files.</param>
    public static TransferView Of(Transfer transfer, DateTimeOffset now, string? viewer)
    {
        var own = transfer.Subject == viewer;
        var counts = transfer.Counts;
        var waits = transfer.Wait is not null && !transfer.HasEnded
            && transfer.State is not (TransferState.Paused or TransferState.Planned);
        var seconds = ((transfer.EndedAt ?? transfer.MovedAt ?? now) - (transfer.BeganAt ?? now)).TotalSeconds;
        double? average = counts.MovedBytes > 0 && seconds > 0 ? counts.MovedBytes / seconds : null;
        var left = counts.Bytes - counts.DoneBytes;
        return new TransferView
        {
            Id = transfer.Id.ToString("n"),
            Label = transfer.Label,
            State = waits ? "waiting" : TransferWords.Of(transfer.State),
            Wait = waits ? TransferWaitView.Of(transfer.Wait!) : null,
            Reason = transfer.Reason,
            Owner = transfer.Subject,
            Source = TransferEndView.Of(transfer.Source, null, null),
            Destination = own
                ? TransferEndView.Of(transfer.Destination, transfer.Target, transfer.TargetName)
                : TransferEndView.Of(transfer.Destination, null, null),
            Options = TransferOptionsBody.Of(
                own ? transfer.Options : transfer.Options with { Include = [], Exclude = [], Without = [] }),
            Priority = TransferOptionsBody.WordOf(transfer.Priority),
            Deadline = transfer.Deadline,
            Scanned = transfer.Scanned,
            Files = new TransferFilesView(counts.Files, counts.DoneFiles, counts.Skipped, counts.Failed),
            Folders = counts.Folders,
            Bytes = new TransferBytesView(counts.Bytes, counts.DoneBytes, counts.MovedBytes),
            Percent = counts.Bytes > 0 ? Math.Round(100.0 * counts.DoneBytes / counts.Bytes, 1) : null,
            AverageBps = average,
            Eta = average is { } speed && left > 0 && transfer is { Scanned: true, State: TransferState.Running } && !waits
                ? now.AddSeconds(Math.Min(left / speed, TimeSpan.FromDays(3650).TotalSeconds))
                : null,
            CreatedAt = transfer.MadeAt,
            StartedAt = transfer.BeganAt,
            EndedAt = transfer.EndedAt,
            Notice = TransferWords.Of(transfer.Notice),
            Schedule = transfer.Schedule?.ToString("n"),
        };
    }

    /// <summary>Returns the transfer as waiting if it would continue and no node can take its work.</summary>
    public TransferView WaitingFor(NodeWait? node) => node is null || State is not ("queued" or "scanning" or "running")
        ? this
        : this with
        {
            State = "waiting",
            Wait = new TransferWaitView(node.Reason, node.Since, null),
            Reason = node.Sentence ?? Reason,
            Eta = null,
        };
}

/// <param name="Reason">sign_in, quota, rate_limit, daily_limit, window, space, network, rights, worker (no node takes work), or node: the
/// node on whose machine a folder is takes none.</param>
/// <param name="Until">When it continues automatically; null if it waits for an event.</param>
internal sealed record TransferWaitView(string Reason, DateTimeOffset Since, DateTimeOffset? Until)
{
    public static TransferWaitView Of(TransferWait wait) => new(TransferWords.Of(wait.Reason), wait.Since, wait.Until);
}

/// <param name="Kind">own for the files of this service; http for web addresses; connection.</param>
/// <param name="Connection">null for the other kinds.</param>
internal sealed record TransferEndView(string Kind, string? Connection, string? Folder, string? FolderName)
{
    public static TransferEndView Of(Guid? connection, string? folder, string? name) =>
        connection is null ? new TransferEndView("own", null, folder, name)
        : connection == WebAddress.Source ? new TransferEndView(WebAddress.KindName, null, folder, name)
        : new TransferEndView("connection", connection.Value.ToString("n"), folder, name);
}

internal sealed record TransferFilesView(long All, long Done, long Skipped, long Failed);

/// <param name="Moved">The bytes that the destination has accepted, including those of restarted files.</param>
internal sealed record TransferBytesView(long All, long Done, long Moved);

internal sealed record TransferItemView
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","number":3,"kind":"file","path":"Holidays/beach.jpg","size":20971520,"state":"running","position":10485760,
         "attempts":0,"restarts":0,"fault":null,"reason":null,"sha256":null,"verifiedBy":null,"resultId":null,
         "targetName":"beach.jpg","modifiedAt":"2025-07-01T12:00:00.123Z","targetModifiedAt":null,"note":null,
         "removed":null,"keptReason":null,"plan":null,"planReason":null,
         "startedAt":"2026-01-15T09:30:00.500Z","endedAt":null}
        """;

    public required string Id { get; init; }

    public required long Number { get; init; }

    /// <summary>file or folder.</summary>
    public required string Kind { get; init; }

    public required string Path { get; init; }

    public required long? Size { get; init; }

    /// <summary>ready, queued, running, done, skipped, failed, cancelled.</summary>
    public required string State { get; init; }

    /// <summary>Bytes that the destination has accepted.</summary>
    public required long Position { get; init; }

    /// <summary>The number of attempts without progress.</summary>
    public required int Attempts { get; init; }

    /// <summary>The number of restarts at byte 0.</summary>
    public required int Restarts { get; init; }

    /// <summary>The kind of its last failure.</summary>
    public required string? Fault { get; init; }

    public required string? Reason { get; init; }

    public required string? Sha256 { get; init; }

    /// <summary>The digest that was equal at both ends, such as sha256 or quick_xor; null if it is not verified.</summary>
    public required string? VerifiedBy { get; init; }

    /// <summary>Its id at the destination.</summary>
    public required string? ResultId { get; init; }

    /// <summary>Its name at the destination; null before it was chosen.</summary>
    public required string? TargetName { get; init; }

    public required DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>Its time at the destination, if it differs; some storages truncate times.</summary>
    public required DateTimeOffset? TargetModifiedAt { get; init; }

    /// <summary>A note about the copy for the owner.</summary>
    public required string? Note { get; init; }

    /// <summary>If the transfer moves files: whether the item was removed at the source; null if not yet, or if it need not be.</summary>
    public required bool? Removed { get; init; }

    /// <summary>Why it was not removed at the source, as a sentence.</summary>
    public required string? KeptReason { get; init; }

    /// <summary>
    /// The planned outcome: new, replace, number (its name is taken), skip, fail (it will be refused); null if there is no plan.
    /// </summary>
    public required string? Plan { get; init; }

    public required string? PlanReason { get; init; }

    public required DateTimeOffset? StartedAt { get; init; }

    public required DateTimeOffset? EndedAt { get; init; }

    public static TransferItemView Of(TransferItem item) => new()
    {
        Id = item.Id.ToString("n"),
        Number = item.Number,
        Kind = item.Kind == StorageItemKind.Folder ? "folder" : "file",
        Path = item.Path,
        Size = item.Size,
        State = TransferWords.Of(item.State),
        Position = item.Position,
        Attempts = item.Attempts,
        Restarts = item.Restarts,
        Fault = TransferWords.Of(item.Fault),
        Reason = item.Reason,
        Sha256 = item.Sha256?.ToString(),
        VerifiedBy = TransferWords.Of(item.VerifiedBy),
        ResultId = item.Result,
        TargetName = item.TargetName,
        ModifiedAt = item.Modified,
        TargetModifiedAt = item.TargetTime,
        Note = item.Note,
        Removed = item.IsRemoved,
        KeptReason = item.KeptReason,
        Plan = TransferWords.Of(item.Plan ?? (item.State == TransferItemState.Skipped ? PlannedAs.Skip : null)),
        PlanReason = item.PlanReason,
        StartedAt = item.BeganAt,
        EndedAt = item.EndedAt,
    };
}

/// <summary>An event of a transfer.</summary>
/// <param name="Kind">
/// made, scanning, scanned, planned, approve, taken_over (after a restart), tried_again, goes_on, waits_ and a reason, skipped, failed,
/// pause, resume, cancel, retry, deadline, done, partly_done, cancelled.
/// </param>
internal sealed record TransferEventView(long Number, DateTimeOffset At, string? Item, string Kind, string? Text)
{
    public const string Example = """
        {"number":7,"at":"2026-01-15T09:30:12.500Z","item":null,"kind":"waits_rate_limit",
         "text":"Google Drive limits the rate of requests."}
        """;

    public static TransferEventView Of(TransferEvent one) => new(one.Number, one.At, one.Item?.ToString("n"), one.Kind, one.Text);
}

/// <summary>A call to a provider.</summary>
/// <param name="Side">source or destination.</param>
/// <param name="Status">null if there was no response.</param>
internal sealed record TransferCallView(
    long Number, DateTimeOffset At, string? Item, string Side, string Operation, int? Status, double TookMs, string? RequestId,
    string? Fault)
{
    public const string Example = $$"""
        {"number":41,"at":"2026-01-15T09:30:12.500Z","item":"{{Examples.Id}}","side":"destination","operation":"upload.put","status":308,
         "tookMs":412,"requestId":null,"fault":null}
        """;

    public static TransferCallView Of(RecordedCall one) => new(
        one.Number, one.At, one.Item?.ToString("n"), one.AtDestination ? "destination" : "source", one.Call.Operation, one.Call.Status,
        one.Call.Took.TotalMilliseconds, one.Call.RequestId, TransferWords.Of(one.Call.Fault));
}
