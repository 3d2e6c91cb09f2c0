using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Agent;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Agent;

/// <summary>Entries of the queue, for people and for programs.</summary>
internal static class QueueText
{
    private const string Link = "/l/";

    /// <summary>Returns the source and the target of an entry.</summary>
    public static string Way(EntryView entry)
    {
        var work = entry.Work;
        var remote = work.Remote is { Length: > 0 } path ? path : work.Url.Contains(Link, StringComparison.Ordinal) ? "link" : "unfiled";
        return Output.Printable(work.IsUp ? $"{work.Local} → {remote}" : $"{remote} → {work.Local}");
    }

    public static string Line(EntryView entry)
    {
        var state = entry switch
        {
            { State: "running", Progress: { } now } => Bars.Text(now),
            { State: "running" } => "starting",
            { State: "failed", Fault: { } fault } => $"failed: {fault.Message}",
            { State: "waiting", Until: { } until } => $"waiting until {When(until)}: {entry.Reason}",
            { State: "waiting" } => $"waiting: {entry.Reason}",
            _ => entry.State,
        };
        var priority = entry.Plan.Priority == Priority.Normal ? "" : $" [{Word(entry.Plan.Priority)}]";
        var last = entry is { State: "waiting", Fault: { } before, Failures: 0 } ? $" (last time: {before.Message})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{entry.Id,5}  {Way(entry)}{priority}  {Output.Printable(state + last)}");
    }

    public static string Sum(QueueView queue)
    {
        var bandwidth = queue.Bandwidth is null ? "" : $", bandwidth {queue.Bandwidth}";
        var paused = queue.IsPaused ? "; all is paused (cu resume --all)" : "";
        return $"{queue.Entries} in the queue, {queue.Running} running, at most {queue.AtOnce} at once{bandwidth}{paused}";
    }

    public static JsonObject Fields(QueueView queue) => new()
    {
        ["ok"] = true,
        ["paused"] = queue.IsPaused,
        ["atOnce"] = queue.AtOnce,
        ["bandwidth"] = queue.Bandwidth,
        ["entries"] = queue.Entries,
        ["running"] = queue.Running,
    };

    public static JsonObject Fields(EntryView entry)
    {
        var (work, plan) = (entry.Work, entry.Plan);
        return new JsonObject
        {
            ["id"] = entry.Id,
            ["name"] = entry.Name,
            ["state"] = entry.State,
            ["direction"] = work.IsUp ? "up" : "down",
            ["local"] = work.Local,
            ["remote"] = work.Remote,
            // The token of a link is a secret.
            ["service"] = new Uri(work.Url).GetLeftPart(UriPartial.Authority),
            ["encrypted"] = work.Encryption is not null,
            ["reason"] = entry.Reason,
            ["until"] = Time(entry.Until),
            ["priority"] = Word(plan.Priority),
            ["at"] = Time(plan.At),
            ["every"] = plan.Every,
            ["between"] = plan.Between,
            ["notMetered"] = plan.NotMetered,
            ["bandwidth"] = plan.Bandwidth,
            ["deadline"] = Time(plan.Deadline),
            ["addedAt"] = Time(entry.AddedAt),
            ["failures"] = entry.Failures,
            ["failure"] = entry.Fault is not { } fault ? null : new JsonObject
            {
                ["class"] = fault.Class,
                ["code"] = fault.Code,
                ["message"] = fault.Message,
            },
            ["progress"] = entry.Progress is { } now ? Fields(now) : null,
        };
    }

    private static JsonObject Fields(TransferProgress now) => new()
    {
        ["phase"] = char.ToLowerInvariant(now.Phase.ToString()[0]) + now.Phase.ToString()[1..],
        ["size"] = now.Size,
        ["safe"] = now.Safe,
        ["sent"] = now.Sent,
        ["speed"] = Math.Round(now.Speed),
        ["secondsLeft"] = now.Remaining is { } left ? Math.Round(left.TotalSeconds, 1) : null,
        ["retries"] = now.Retries,
        ["trouble"] = now.Trouble,
    };

    public static string Word(Priority priority) => priority switch
    {
        Priority.Low => "low",
        Priority.High => "high",
        _ => "normal",
    };

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static string When(DateTimeOffset time)
    {
        var local = time.ToLocalTime();
        var isToday = local.Date == TimeProvider.System.GetLocalNow().Date;
        return local.ToString(isToday ? "HH:mm:ss" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
    }
}
