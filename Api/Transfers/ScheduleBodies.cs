using ChunkUpload.Api.People;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

internal sealed record NewScheduleBody : IKeepsTransfer
{
    public string? Title { get; init; }

    /// <summary>Minutes, hours, day of the month, month, day of the week: 30 2 * * MON-FRI. Either this or at.</summary>
    public string? Cron { get; init; }

    /// <summary>Once, at this time.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Of cron, such as Europe/Berlin; default: that of the service.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Default true.</summary>
    public bool? Enabled { get; init; }

    /// <summary>As for POST /api/transfers, without plan and deadline.</summary>
    public NewTransferBody? Transfer { get; init; }
}

internal sealed record ScheduleChangeBody
{
    public string? Title { get; init; }

    public string? Cron { get; init; }

    public DateTimeOffset? At { get; init; }

    public string? TimeZone { get; init; }

    public bool? Enabled { get; init; }
}

internal sealed class NewScheduleValidator : KeptTransferValidator<NewScheduleBody>
{
    public NewScheduleValidator()
    {
        RuleFor(body => body.Title).MustBeTitle("title", needed: true);
        RuleFor(body => body).Must(body => body.Cron is null != body.At is null)
            .OverridePropertyName("cron").WithMessage("Either cron or at must be there, and not both.");
        RuleFor(body => body.TimeZone).Must(ScheduleChangeValidator.IsZone)
            .OverridePropertyName("timeZone").WithMessage(ScheduleChangeValidator.NoZone);
    }
}

internal sealed class ScheduleChangeValidator : AbstractValidator<ScheduleChangeBody>
{
    public const string NoZone = "timeZone must be a time zone such as Europe/Berlin.";

    public ScheduleChangeValidator()
    {
        RuleFor(body => body.Title).MustBeTitle("title", needed: false);
        RuleFor(body => body).Must(body => body.Cron is null || body.At is null)
            .OverridePropertyName("cron").WithMessage("Either cron or at may be there, and not both.");
        RuleFor(body => body.TimeZone).Must(IsZone).OverridePropertyName("timeZone").WithMessage(NoZone);
    }

    public static bool IsZone(string? zone) => zone is null || TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _);
}

internal sealed record TransferScheduleView
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","title":"Nightly archive","cron":"0 2 * * *","at":null,"timeZone":"Europe/Berlin","enabled":true,
         "nextAt":"2026-01-16T01:00:00.000Z","lastAt":"2026-01-15T01:00:00.000Z","lastResult":"begun","lastReason":null,
         "lastTransfer":"{{Examples.Id}}","lastState":"done","runs":12,"skipped":0,"transfer":{{DraftView.Example}},
         "names":["Photos"],"folderName":"Holidays",
         "createdAt":"2026-01-03T09:30:00.000Z"}
        """;

    public required string Id { get; init; }

    public required string Title { get; init; }

    public required string? Cron { get; init; }

    public required DateTimeOffset? At { get; init; }

    public required string TimeZone { get; init; }

    public required bool Enabled { get; init; }

    /// <summary>null: it does not begin by itself.</summary>
    public required DateTimeOffset? NextAt { get; init; }

    public required DateTimeOffset? LastAt { get; init; }

    /// <summary>begun, skipped (the one before still went on) or refused.</summary>
    public required string? LastResult { get; init; }

    /// <summary>Why it was skipped or refused.</summary>
    public required string? LastReason { get; init; }

    public required string? LastTransfer { get; init; }

    /// <summary>The state of the last transfer.</summary>
    public required string? LastState { get; init; }

    public required long Runs { get; init; }

    public required long Skipped { get; init; }

    public required DraftView Transfer { get; init; }

    /// <summary>Of what is moved, as they were when it was kept.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    public required string FolderName { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static TransferScheduleView Of(TransferSchedule schedule) => new()
    {
        Id = schedule.Id.ToString("n"),
        Title = schedule.Title,
        Cron = schedule.Cron,
        At = schedule.OnceAt,
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
        Transfer = DraftView.Of(schedule.Draft.Draft),
        Names = schedule.Draft.Names,
        FolderName = schedule.Draft.FolderName,
        CreatedAt = schedule.MadeAt,
    };
}
