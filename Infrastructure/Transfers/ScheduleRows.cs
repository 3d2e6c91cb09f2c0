using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>A row of <c>transfer_schedules</c>.</summary>
internal sealed class ScheduleRow
{
    static ScheduleRow() => LedgerRows.Prepare();

    public Guid Id { get; set; }
    public string Tenant { get; set; } = "";
    public string Subject { get; set; } = "";
    public int Scopes { get; set; }
    public Guid? ApiKey { get; set; }
    public string Title { get; set; } = "";
    public string Draft { get; set; } = "{}";
    public string? Cron { get; set; }
    public DateTime? OnceAt { get; set; }
    public string Zone { get; set; } = "UTC";
    public bool Enabled { get; set; }
    public DateTime? NextAt { get; set; }
    public DateTime? LastAt { get; set; }
    public string? LastResult { get; set; }
    public string? LastReason { get; set; }
    public Guid? LastTransfer { get; set; }
    public string? LastState { get; set; }
    public long Runs { get; set; }
    public long Skipped { get; set; }
    public DateTime MadeAt { get; set; }
    public Guid? Folder { get; set; }
    public bool Own { get; set; }
    public string[] Others { get; set; } = [];
    public string LastRuns { get; set; } = "[]";

    public TransferSchedule ToSchedule() => new(
        Id, Tenant, Subject, (Scopes)Scopes, ApiKey, Title, TemplateRow.DraftOf(Draft), Cron, LedgerRows.Utc(OnceAt), Zone, Enabled,
        LedgerRows.Utc(NextAt))
    {
        Arrival = Folder is { } folder ? new ArrivalRule(folder, Own, Others) : null,
        LastRuns = JsonSerializer.Deserialize<ScheduleRun[]>(LastRuns, TransferRow.Json)!,
        LastAt = LedgerRows.Utc(LastAt),
        LastResult = Words.ParseOrNull<ScheduleResult>(LastResult),
        LastReason = LastReason,
        LastTransfer = LastTransfer,
        LastState = Words.ParseOrNull<TransferState>(LastState),
        Runs = Runs,
        Skipped = Skipped,
        MadeAt = LedgerRows.Utc(MadeAt),
    };
}

/// <summary>A row of <c>transfer_templates</c>.</summary>
internal sealed class TemplateRow
{
    static TemplateRow() => LedgerRows.Prepare();

    public Guid Id { get; set; }
    public string Tenant { get; set; } = "";
    public string Subject { get; set; } = "";
    public string Title { get; set; } = "";
    public string Draft { get; set; } = "{}";
    public DateTime MadeAt { get; set; }

    public TransferTemplate ToTemplate() => new(Id, Tenant, Subject, Title, DraftOf(Draft), LedgerRows.Utc(MadeAt));

    public static NamedDraft DraftOf(string json) => JsonSerializer.Deserialize<NamedDraft>(json, TransferRow.Json)!;
}

/// <summary>A row of <c>arrivals</c>.</summary>
internal sealed class ArrivalRow
{
    static ArrivalRow() => LedgerRows.Prepare();

    public long Number { get; set; }
    public Guid Entry { get; set; }
    public string Path { get; set; } = "";
    public string Subject { get; set; } = "";
    public DateTime At { get; set; }
    public string State { get; set; } = "";
    public Guid? Transfer { get; set; }
    public string? Reason { get; set; }

    public Arrival ToArrival() => new(
        Number, Entry, Path, Subject, LedgerRows.Utc(At), Words.Parse<ArrivalState>(State), State == "begun" ? Transfer : null, Reason);
}

/// <summary>A row that <c>take_arrivals</c> returns.</summary>
internal sealed class TakenArrivalRow
{
    static TakenArrivalRow() => LedgerRows.Prepare();

    public long Number { get; set; }
    public Guid Entry { get; set; }
    public Guid Transfer { get; set; }
    public string? Path { get; set; }

    public TakenArrival ToTaken() => new(Number, Entry, Transfer, Path);
}

/// <summary>The figures of the arrivals that wait for a schedule.</summary>
internal sealed class WaitingRow
{
    static WaitingRow() => LedgerRows.Prepare();

    public int Count { get; set; }
    public double Rested { get; set; }
    public double Waited { get; set; }
    public bool Chosen { get; set; }
    public int Open { get; set; }

    public ArrivalsWaiting ToWaiting() => new(Count, TimeSpan.FromSeconds(Rested), TimeSpan.FromSeconds(Waited), Chosen, Open);
}
