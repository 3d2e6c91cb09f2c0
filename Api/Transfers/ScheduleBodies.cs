using System.Text.RegularExpressions;
using ChunkUpload.Api.Access;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

internal sealed record NewScheduleBody : IKeepsTransfer
{
    public string? Title { get; init; }

    /// <summary>Minutes, hours, day of the month, month, day of the week: 30 2 * * MON-FRI. Either this, at or arrival.</summary>
    public string? Cron { get; init; }

    /// <summary>The time of a single run.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Runs when a file is published below the folder that is the one item of transfer.source.</summary>
    public WhoseArrivalsBody? Arrival { get; init; }

    /// <summary>The time zone of cron, such as Europe/Berlin; default that of the service.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Whether the schedule is active; default true.</summary>
    public bool? Enabled { get; init; }

    /// <summary>The transfer as for POST /api/transfers, without plan and deadline.</summary>
    public NewTransferBody? Transfer { get; init; }
}

/// <summary>The subjects whose uploads are transferred.</summary>
internal sealed record WhoseArrivalsBody
{
    /// <summary>Whether the uploads of the schedule's owner are transferred; default true.</summary>
    public bool? Own { get; init; }

    /// <summary>The other subjects whose uploads are transferred, such as link:8f14e45f…, user:… or key:…; default none.</summary>
    public IReadOnlyList<string>? Others { get; init; }
}

internal sealed record ScheduleChangeBody : IKeepsTransfer
{
    public string? Title { get; init; }

    public string? Cron { get; init; }

    public DateTimeOffset? At { get; init; }

    public WhoseArrivalsBody? Arrival { get; init; }

    public string? TimeZone { get; init; }

    public bool? Enabled { get; init; }

    /// <summary>Source, destination and options of the runs from now on.</summary>
    public NewTransferBody? Transfer { get; init; }
}

internal sealed class NewScheduleValidator : KeptTransferValidator<NewScheduleBody>
{
    public NewScheduleValidator()
    {
        RuleFor(body => body.Title).MustBeTitle("title", needed: true);
        RuleFor(body => body.Cron).MaximumLength(ScheduleChangeValidator.LongestCron).OverridePropertyName("cron")
            .WithMessage(ScheduleChangeValidator.LongCron);
        RuleFor(body => body).Must(body => ScheduleChangeValidator.Count(body.Cron, body.At, body.Arrival) == 1)
            .OverridePropertyName("cron").WithMessage("Either cron or at or arrival must be there, and only one of them.");
        RuleFor(body => body.Arrival).Custom(ScheduleChangeValidator.CheckArrival);
        RuleFor(body => body.TimeZone).Must(ScheduleChangeValidator.IsZone)
            .OverridePropertyName("timeZone").WithMessage(ScheduleChangeValidator.NoZone);
    }
}

internal sealed partial class ScheduleChangeValidator : KeptTransferValidator<ScheduleChangeBody>
{
    public const string NoZone = "timeZone must be a time zone such as Europe/Berlin.";

    public const int LongestCron = 200;

    private const int MostOthers = 100;

    public static string LongCron { get; } = $"cron has at most {LongestCron} characters.";

    public ScheduleChangeValidator()
        : base(needed: false)
    {
        RuleFor(body => body.Title).MustBeTitle("title", needed: false);
        RuleFor(body => body.Cron).MaximumLength(LongestCron).OverridePropertyName("cron").WithMessage(LongCron);
        RuleFor(body => body).Must(body => Count(body.Cron, body.At, body.Arrival) <= 1)
            .OverridePropertyName("cron").WithMessage("Either cron or at or arrival may be there, and only one of them.");
        RuleFor(body => body.Arrival).Custom(CheckArrival);
        RuleFor(body => body.TimeZone).Must(IsZone).OverridePropertyName("timeZone").WithMessage(NoZone);
    }

    public static bool IsZone(string? zone) => zone is null || TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _);

    public static int Count(string? cron, DateTimeOffset? at, WhoseArrivalsBody? arrival) =>
        (cron is null ? 0 : 1) + (at is null ? 0 : 1) + (arrival is null ? 0 : 1);

    public static void CheckArrival<T>(WhoseArrivalsBody? arrival, ValidationContext<T> context)
    {
        if (arrival is null)
            return;
        var others = arrival.Others ?? [];
        if (others.Count > MostOthers || others.Any(one => one is null || !Subject().IsMatch(one)))
        {
            context.AddFailure(
                "arrival.others",
                $"arrival.others must have at most {MostOthers} subjects such as link:…, user:… or key:…, as uploads have them.");
        }
        else if (arrival.Own == false && others.Count == 0)
        {
            context.AddFailure("arrival", "arrival must say whose uploads are copied: own, or others.");
        }
    }

    [GeneratedRegex("^((user|key|link):[0-9a-f]{32}|operator)$")]
    private static partial Regex Subject();
}
