using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Core.Statistics;

namespace ChunkUpload.Infrastructure.Statistics;

/// <summary>An event of <c>read_endings</c>. One without an upload only advances the position.</summary>
internal sealed class EndingRow
{
    public string FromXid { get; set; } = "";
    public long FromId { get; set; }
    public string Xid { get; set; } = "";
    public long Id { get; set; }
    public DateTime At { get; set; }
    public string Kind { get; set; } = "";
    public Guid? Upload { get; set; }
    public string Tenant { get; set; } = "";
    public string Subject { get; set; } = "";
    public string Protocol { get; set; } = "";
    public bool IsPart { get; set; }
    public string? Reason { get; set; }
    public string FileName { get; set; } = "";
    public long? Size { get; set; }
    public long Received { get; set; }
    public DateTime BeganAt { get; set; }
    public long Attempts { get; set; }
    public string? Causes { get; set; }
    public long? Saved { get; set; }
    public long? ChunkSize { get; set; }
    public int? Concurrency { get; set; }
    public string? LimitedBy { get; set; }
    public double? Rate { get; set; }
    public double? Mtbf { get; set; }
    public string? UserAgent { get; set; }

    public Ending ToEnding()
    {
        var causes = StatisticsRows.Causes(Causes);
        var state = Kind == "created" ? UploadState.Open : LedgerEnumNames.State(Kind);
        // If a completed file was deleted later, the reason is that of the deletion and not of this event.
        var reason = state is UploadState.Open or UploadState.Completed ? null : Reason;
        // A session counts its chunks. A stream only records interrupted requests, and each of them was followed by another one.
        var attempts = Protocol == "session" ? Attempts : causes.Values.Sum() + 1;
        return new Ending(Kind, IsPart, new FinishedUpload(
            new UploadId(Upload!.Value), Tenant, Subject, LedgerEnumNames.Protocol(Protocol), state, reason, FileName, Size, Received,
            LedgerRows.Utc(BeganAt), LedgerRows.Utc(At), attempts, causes.Values.Sum(), causes.GetValueOrDefault("taken-over"), Saved ?? 0,
            causes, null, StatisticsRows.Advice(ChunkSize, Concurrency, LimitedBy), UserAgent), Rate, Mtbf);
    }
}

/// <summary>A row of <c>finished_uploads</c>.</summary>
internal sealed class FinishedRow
{
    public Guid Upload { get; set; }
    public string Tenant { get; set; } = "";
    public string Subject { get; set; } = "";
    public string Protocol { get; set; } = "";
    public string State { get; set; } = "";
    public string? Reason { get; set; }
    public string FileName { get; set; } = "";
    public long? Size { get; set; }
    public long Received { get; set; }
    public DateTime BeganAt { get; set; }
    public DateTime EndedAt { get; set; }
    public long Attempts { get; set; }
    public long Cuts { get; set; }
    public long Takeovers { get; set; }
    public long Saved { get; set; }
    public string Causes { get; set; } = "";
    public string? Network { get; set; }
    public long? ChunkSize { get; set; }
    public int? Concurrency { get; set; }
    public string? LimitedBy { get; set; }
    public string? UserAgent { get; set; }

    public FinishedUpload ToUpload() => new(
        new UploadId(Upload), Tenant, Subject, LedgerEnumNames.Protocol(Protocol), LedgerEnumNames.State(State), Reason, FileName, Size,
        Received, LedgerRows.Utc(BeganAt), LedgerRows.Utc(EndedAt), Attempts, Cuts, Takeovers, Saved, StatisticsRows.Causes(Causes),
        Network, StatisticsRows.Advice(ChunkSize, Concurrency, LimitedBy), UserAgent);
}

/// <summary>The parameters of the statistics functions.</summary>
internal static class StatisticsRows
{
    public static IReadOnlyDictionary<string, long> Causes(string? json) =>
        json is null ? new Dictionary<string, long>() : JsonSerializer.Deserialize<Dictionary<string, long>>(json)!;

    public static LastAdvice? Advice(long? chunkSize, int? concurrency, string? limitedBy) =>
        chunkSize is { } size && concurrency is { } streams && limitedBy is not null ? new LastAdvice(size, streams, limitedBy) : null;

    public static string StoriesJson(IReadOnlyList<FinishedUpload> stories) => LedgerJson.Serialize([.. stories.Select(one => new
    {
        UploadId = one.Id.Value,
        one.Tenant,
        Subject = one.Owner,
        Protocol = one.Protocol.Word(),
        State = one.State.Word(),
        one.Reason,
        FileName = one.Name,
        one.Size,
        one.Received,
        BeganAt = one.BeganAt.UtcDateTime,
        EndedAt = one.EndedAt.UtcDateTime,
        one.Attempts,
        one.Cuts,
        one.Takeovers,
        one.Saved,
        Causes = new JsonObject(one.Causes.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        one.Network,
        one.Advice?.ChunkSize,
        one.Advice?.Concurrency,
        one.Advice?.LimitedBy,
        one.UserAgent,
    })]);

    public static string FiguresJson(IReadOnlyList<Figure> figures) => LedgerJson.Serialize([.. figures.Select(one => new
    {
        one.Tenant,
        At = one.At?.UtcDateTime,
        one.Kind,
        one.Name,
        one.Value,
    })]);
}
