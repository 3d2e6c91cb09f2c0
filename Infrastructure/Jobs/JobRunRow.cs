using System.Text.Json;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>A run that is requested, or running on <see cref="Node"/>.</summary>
internal sealed record OpenJobRun(long Id, string Job, string? Node, long Beats);

/// <summary>A run that ended, as the ledger has it.</summary>
internal class JobRunRow
{
    public DateTime? StartedAt { get; init; }

    public double? DurationMs { get; init; }

    public string? Outcome { get; init; }

    public string? Summary { get; init; }

    public string? Counts { get; init; }

    public string? Error { get; init; }

    public string? Node { get; init; }

    public bool? ByHand { get; init; }

    public JobRun ToRun() => new(
        new DateTimeOffset(StartedAt!.Value, TimeSpan.Zero), TimeSpan.FromMilliseconds(DurationMs ?? 0), OutcomeOf(Outcome!), Summary ?? "",
        Counts is null ? new Dictionary<string, long>() : JsonSerializer.Deserialize<Dictionary<string, long>>(Counts)!, Error, Node ?? "",
            ByHand == true);

    public static string NameOf(JobOutcome outcome) => outcome switch
    {
        JobOutcome.Succeeded => "succeeded",
        JobOutcome.Failed => "failed",
        JobOutcome.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    private static JobOutcome OutcomeOf(string name) => name switch
    {
        "succeeded" => JobOutcome.Succeeded,
        "failed" => JobOutcome.Failed,
        "cancelled" => JobOutcome.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}

/// <summary>A job with its open run and the last run that ended.</summary>
internal sealed class JobStatusRow : JobRunRow
{
    public required string Name { get; init; }

    public bool Paused { get; init; }

    public bool IsOpen { get; init; }

    public DateTime? OpenSince { get; init; }

    public string? OpenNode { get; init; }

    public string? OpenProgress { get; init; }

    public JobRun? LastRun => StartedAt is null ? null : ToRun();

    public JobRunning? Running => OpenSince is { } since
        ? new JobRunning(
            new DateTimeOffset(since, TimeSpan.Zero), OpenNode ?? "", OpenProgress is null
                ? null
                : JsonSerializer.Deserialize<JobProgress>(OpenProgress))
        : null;
}
