using ChunkUpload.Api.Swagger;

namespace ChunkUpload.Api.Transfers;

internal sealed record TransferScheduleView
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","title":"Nightly archive","cron":"0 2 * * *","at":null,"arrival":null,"timeZone":"Europe/Berlin",
         "enabled":true,
         "nextAt":"2026-01-16T01:00:00.000Z","lastAt":"2026-01-15T01:00:00.000Z","lastResult":"begun","lastReason":null,
         "lastTransfer":"{{Examples.Id}}","lastState":"done","runs":12,"skipped":0,
         "lastRuns":[{{ScheduleRunView.Example}}],"transfer":{{DraftView.Example}},
         "names":["Photos"],"folderName":"Holidays",
         "createdAt":"2026-01-03T09:30:00.000Z"}
        """;

    public required string Id { get; init; }

    public required string Title { get; init; }

    public required string? Cron { get; init; }

    public required DateTimeOffset? At { get; init; }

    /// <summary>The arrival rule; null if it runs at times.</summary>
    public required ArrivalRuleView? Arrival { get; init; }

    public required string TimeZone { get; init; }

    public required bool Enabled { get; init; }

    /// <summary>When it runs next; null if it does not run automatically.</summary>
    public required DateTimeOffset? NextAt { get; init; }

    public required DateTimeOffset? LastAt { get; init; }

    /// <summary>begun, skipped (the previous transfer was still running) or refused.</summary>
    public required string? LastResult { get; init; }

    /// <summary>Why it was skipped or refused.</summary>
    public required string? LastReason { get; init; }

    public required string? LastTransfer { get; init; }

    /// <summary>The state of the last transfer.</summary>
    public required string? LastState { get; init; }

    public required long Runs { get; init; }

    public required long Skipped { get; init; }

    /// <summary>The last 14 runs, the newest first.</summary>
    public required IReadOnlyList<ScheduleRunView> LastRuns { get; init; }

    public required DraftView Transfer { get; init; }

    /// <summary>The names of the items when the schedule was stored.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    public required string FolderName { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static TransferScheduleView Of(TransferSchedule schedule) => new()
    {
        Id = schedule.Id.ToString("n"),
        Title = schedule.Title,
        Cron = schedule.Cron,
        At = schedule.OnceAt,
        Arrival = schedule.Arrival is { } rule ? new ArrivalRuleView(rule.Folder.ToString("n"), rule.Own, rule.Others) : null,
        TimeZone = schedule.Zone,
        Enabled = schedule.Enabled,
        NextAt = schedule.NextAt,
        LastAt = schedule.LastAt,
        LastResult = TransferWords.Of(schedule.LastResult),
        LastReason = schedule.LastReason,
        LastTransfer = schedule.LastTransfer?.ToString("n"),
        LastState = TransferWords.Of(schedule.LastState),
        Runs = schedule.Runs,
        Skipped = schedule.Skipped,
        LastRuns = [.. schedule.LastRuns.Select(ScheduleRunView.Of)],
        Transfer = DraftView.Of(schedule.Draft.Draft),
        Names = schedule.Draft.Names,
        FolderName = schedule.Draft.FolderName,
        CreatedAt = schedule.MadeAt,
    };
}

/// <param name="Folder">The entry of the folder: files that are published below it are transferred.</param>
/// <param name="Own">Whether uploads of the schedule's owner are transferred.</param>
/// <param name="Others">The other subjects whose uploads are transferred.</param>
internal sealed record ArrivalRuleView(string Folder, bool Own, IReadOnlyList<string> Others);

/// <param name="Result">begun, skipped or refused.</param>
/// <param name="State">The state of the transfer; null if there is none, or it was removed.</param>
internal sealed record ScheduleRunView(DateTimeOffset At, string Result, string? Reason, string? Transfer, string? State)
{
    public const string Example =
        $$"""{"at":"2026-01-15T01:00:00.000Z","result":"begun","reason":null,"transfer":"{{Examples.Id}}","state":"done"}""";

    public static ScheduleRunView Of(ScheduleRun run) =>
        new(run.At, TransferWords.Of(run.Result), run.Reason, run.Transfer?.ToString("n"), TransferWords.Of(run.State));
}

/// <param name="Path">The path below the folder when the file arrived.</param>
/// <param name="Subject">The subject that published it.</param>
/// <param name="State">waiting, begun or left_out.</param>
/// <param name="Transfer">The transfer that copies it.</param>
/// <param name="Reason">Why it was left out.</param>
internal sealed record ArrivalView(
    string Entry, string Path, string Subject, DateTimeOffset At, string State, string? Transfer, string? Reason)
{
    public const string Example = $$"""
        {"entry":"{{Examples.Id}}","path":"2026/report.pdf","subject":"link:{{Examples.Id}}","at":"2026-01-15T01:00:00.000Z",
         "state":"begun","transfer":"{{Examples.Id}}","reason":null}
        """;

    public static ArrivalView Of(Arrival arrival) => new(
        arrival.Entry.ToString("n"), arrival.Path, arrival.Subject, arrival.At, TransferWords.Of(arrival.State),
        arrival.Transfer?.ToString("n"), arrival.Reason);
}
