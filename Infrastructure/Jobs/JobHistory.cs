using System.Text.Json;
using ChunkUpload.Core.Jobs;
using Quartz;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>The scheduler's history rows in our words.</summary>
internal static class JobHistory
{
    /// <summary>Beside the figures: the sentence of a run that did a part of its work.</summary>
    public const string ErrorKey = "error";

    public static JobRun ToRun(ExecutionHistoryEntry entry)
    {
        var outcome = entry.EffectiveResult switch
        {
            JobRunResult.Failed => JobOutcome.Failed,
            JobRunResult.Cancelled => JobOutcome.Cancelled,
            _ => JobOutcome.Succeeded,
        };
        var counts = Counts(entry.MetricsJson, out var error);
        return new JobRun(
            entry.FiredAtUtc, entry.Duration, outcome,
            outcome == JobOutcome.Cancelled ? "Stopped because the service went down." : entry.Summary ?? "",
            counts, outcome == JobOutcome.Failed ? entry.ExceptionMessage ?? error : null, entry.SchedulerInstanceId, entry.Manual);
    }

    private static Dictionary<string, long> Counts(string? json, out string? error)
    {
        error = null;
        var counts = new Dictionary<string, long>();
        if (json is null)
            return counts;
        using var document = JsonDocument.Parse(json);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt64(out var count))
                counts[property.Name] = count;
            else if (property.NameEquals(ErrorKey))
                error = property.Value.GetString();
        }

        return counts;
    }
}
