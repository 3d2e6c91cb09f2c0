using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Client;

namespace ChunkUpload.Agent;

/// <summary>
/// What goes over the agent's socket: a JSON object a line, requests in one direction and an answer to each in the other. A request "watch"
/// is answered again and again. Ends with another number of <see cref="Version"/> do not understand each other.
/// </summary>
internal static class Protocol
{
    public const int Version = 3;

    /// <summary>A longer request is refused, and the connection ends.</summary>
    public const int MostRequestBytes = 1 << 20;

    /// <summary>No answer is longer: the queue has a bound.</summary>
    public const int MostAnswerBytes = 256 << 20;

    public const string Hello = "hello";
    public const string End = "stop";
    public const string Add = "add";
    public const string List = "list";
    public const string Watch = "watch";
    public const string Pause = "pause";
    public const string Resume = "resume";
    public const string Cancel = "cancel";
    public const string Retry = "retry";
    public const string Move = "move";
    public const string Limit = "limit";
    public const string Duties = "duties";
    public const string AddDuty = "add_duty";
    public const string RemoveDuty = "remove_duty";
}

/// <summary>A request; each word takes what it needs.</summary>
internal sealed record AgentRequest
{
    public int Version { get; init; }

    public string? Do { get; init; }

    public IReadOnlyList<Addition>? Additions { get; init; }

    public IReadOnlyList<long>? Ids { get; init; }

    /// <summary>The duty to add. The agent chooses its id and time.</summary>
    public Duty? Duty { get; init; }

    /// <summary>Everything, in place of ids; with "retry": everything that failed.</summary>
    public bool All { get; init; }

    public long? Before { get; init; }

    public bool ToTop { get; init; }

    public bool ToBottom { get; init; }

    public Priority? Priority { get; init; }

    public int? AtOnce { get; init; }

    /// <summary>A bandwidth or timetable; "off" is none.</summary>
    public string? Bandwidth { get; init; }
}

internal sealed record Addition(QueuedWork Work, Plan Plan);

/// <summary>An answer.</summary>
internal sealed record AgentAnswer
{
    public int Version { get; init; } = Protocol.Version;

    public bool Ok { get; init; } = true;

    /// <summary>The code of a refusal.</summary>
    public string? Code { get; init; }

    public string? Message { get; init; }

    /// <summary>The agent's own version.</summary>
    public string? Program { get; init; }

    public int? Process { get; init; }

    public QueueView? Queue { get; init; }

    /// <summary>The entries that were added or changed.</summary>
    public IReadOnlyList<EntryView>? Entries { get; init; }

    /// <summary>The duties that were listed, added or removed.</summary>
    public IReadOnlyList<DutyView>? Duties { get; init; }
}

/// <summary>The queue as a whole.</summary>
internal sealed record QueueView(bool IsPaused, int AtOnce, string? Bandwidth, int Entries, int Running);

/// <summary>An entry as users see it.</summary>
internal sealed record EntryView
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    /// <summary>running, waiting, paused, failed or cancelling.</summary>
    public required string State { get; init; }

    /// <summary>Why it waits.</summary>
    public string? Reason { get; init; }

    /// <summary>Until when it waits.</summary>
    public DateTimeOffset? Until { get; init; }

    public required QueuedWork Work { get; init; }

    public required Plan Plan { get; init; }

    public required DateTimeOffset AddedAt { get; init; }

    public int Failures { get; init; }

    public Fault? Fault { get; init; }

    public TransferProgress? Progress { get; init; }

    /// <summary>With "add": it was not there before.</summary>
    public bool? IsNew { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(AgentRequest))]
[JsonSerializable(typeof(AgentAnswer))]
internal sealed partial class ProtocolJson : JsonSerializerContext;
