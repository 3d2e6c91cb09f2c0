using System.Text.Json;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connections;

/// <summary>A row of <c>connections</c>, without its secret.</summary>
internal sealed class ConnectionRow
{
    static ConnectionRow() => LedgerRows.Prepare();

    public Guid Id { get; set; }
    public string Tenant { get; set; } = "";
    public string Subject { get; set; } = "";
    public string Kind { get; set; } = "";
    public string Title { get; set; } = "";
    public string? Account { get; set; }
    public string? AccountId { get; set; }
    public string State { get; set; } = "";
    public DateTime StateAt { get; set; }
    public string? Error { get; set; }
    public DateTime? ErrorAt { get; set; }
    public long? UsedBytes { get; set; }
    public long? TotalBytes { get; set; }
    public DateTime? CheckedAt { get; set; }
    public DateTime MadeAt { get; set; }
    public bool Mailed { get; set; }
    public string Settings { get; set; } = "{}";
    public int Transfers { get; set; }
    public long SecretEpoch { get; set; }

    public Connection ToConnection() => new(
        Id, Tenant, Subject, Kind, Title, Account, Words.Parse<ConnectionState>(State), LedgerRows.Utc(StateAt), LedgerRows.Utc(MadeAt))
    {
        AccountId = AccountId,
        Error = Error,
        ErrorAt = LedgerRows.Utc(ErrorAt),
        UsedBytes = UsedBytes,
        TotalBytes = TotalBytes,
        CheckedAt = LedgerRows.Utc(CheckedAt),
        Mailed = Mailed,
        Settings = JsonSerializer.Deserialize<Dictionary<string, string>>(Settings)!,
        Transfers = Transfers,
        SecretEpoch = SecretEpoch,
    };
}
