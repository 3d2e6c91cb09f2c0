using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Hooks;

/// <summary>The events that a webhook can receive: those of the ledger (<see cref="EventKinds"/>), and progress.</summary>
public static class WebhookKinds
{
    /// <summary>Bytes were received. Sent at most every few seconds, never repeated, and only to subscribed webhooks.</summary>
    public const string Progress = "progress";

    /// <summary>All bytes are received, and a checker decides.</summary>
    public const string Checking = "checking";

    /// <summary>A request whether an upload may be created. It is not an event.</summary>
    public const string Creating = "creating";

    /// <summary>Sent when an admin asks for it.</summary>
    public const string Test = "test";

    /// <summary>A job has failed. Successful jobs are not sent to webhooks.</summary>
    public const string JobFailed = "job_failed";

    public static IReadOnlyList<string> All { get; } = [.. NamesFor(EventWebhooks.OfTenant), Progress];

    /// <summary>Events of the service itself, for webhooks of operators: problems that an operator has to solve, and their end.</summary>
    public static IReadOnlyList<string> OfService { get; } = [.. NamesFor(EventWebhooks.OfService)];

    /// <summary>
    /// Returns tusd's name for the event; null if tusd has no such hook, or it is a blocking hook (<see cref="TusdHook"/>).
    /// </summary>
    public static string? TusdName(string kind) => kind switch
    {
        "created" or Test => "post-create",
        Progress => "post-receive",
        "completed" => "post-finish",
        "cancelled" or "deleted" => "post-terminate",
        _ => null,
    };

    /// <summary>Returns the name of the hook in a request of tusd's format.</summary>
    public static string TusdHook(string kind) => kind switch
    {
        Checking => "pre-finish",
        Creating => "pre-create",
        _ => TusdName(kind)!,
    };

    private static IEnumerable<string> NamesFor(EventWebhooks webhooks) => EventKinds.All
        .Where(kind => kind.Webhooks.HasFlag(webhooks)).Select(kind => kind == EventKinds.JobEnded ? JobFailed : kind.Name);
}
