using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>A kind of storage. To add one: a folder in Infrastructure/Connectors with a class that implements this.</summary>
public interface IConnector
{
    /// <summary>The name in requests and in the ledger.</summary>
    string Kind { get; }

    /// <summary>Gets a value that indicates whether it needs a connection to an account. The service's own files need none.</summary>
    bool NeedsConnection { get; }

    /// <summary>Returns null if it cannot be read from.</summary>
    ISource? Source(ConnectorContext context);

    /// <summary>Returns null if it cannot be written to.</summary>
    ISink? Sink(ConnectorContext context);

    /// <summary>Returns the account and its usage; also used to test the connection.</summary>
    Task<Outcome<StorageAccount>> AccountAsync(ConnectorContext context, CancellationToken cancellationToken);

    /// <summary>Revokes the sign-in at the provider on a best-effort basis.</summary>
    Task RevokeAsync(ConnectorContext context, CancellationToken cancellationToken);

    /// <summary>Returns why the secret is not valid for this kind, as a sentence; null if it is valid.</summary>
    string? Fault(ConnectionSecret secret);

    /// <summary>Returns the stored form of an object's id, which is encrypted if ids are secret. The source accepts both forms.</summary>
    string Stored(string id) => id;

    /// <summary>Returns why these settings are not valid for this kind, as a sentence; null if they are valid.</summary>
    string? SettingsFault(IReadOnlyDictionary<string, string> settings) =>
        settings.Count == 0 ? null : $"A connection of the kind {Kind} takes no {string.Join(", ", settings.Keys)}.";
}

/// <param name="Owner">The caller whose rights apply.</param>
/// <param name="Connection">Null for the service's own files.</param>
/// <param name="Calls">Receives every call to the provider.</param>
public sealed record ConnectorContext(Caller Owner, Connection? Connection, ICallLog Calls)
{
    /// <summary>A secret that is used instead of the stored one and not stored; null for the stored one.</summary>
    public SecretTrial? Trial { get; init; }

    /// <summary>The options of the transfer.</summary>
    public TransferOptions Options { get; init; } = new();
}

/// <summary>Receives the calls to a provider: their names and results, never an address or a body.</summary>
public interface ICallLog
{
    void Add(StorageCall call);
}

/// <param name="Status">Null if there was no response.</param>
/// <param name="RequestId">The provider's id of the request.</param>
public sealed record StorageCall(string Operation, int? Status, TimeSpan Took, string? RequestId, FaultKind? Fault);

/// <summary>Drops the calls, for requests that belong to no transfer.</summary>
public sealed class NoCallLog : ICallLog
{
    public static NoCallLog Instance { get; } = new();

    public void Add(StorageCall call)
    {
    }
}

/// <summary>Finds connectors by their names.</summary>
public sealed class ConnectorSet(IEnumerable<IConnector> all)
{
    private readonly Dictionary<string, IConnector> _byKind = all.ToDictionary(one => one.Kind, StringComparer.Ordinal);

    public IReadOnlyCollection<string> Connectable => [.. _byKind.Values.Where(one => one.NeedsConnection).Select(one => one.Kind)];

    public IConnector? Find(string kind) => _byKind.GetValueOrDefault(kind);

    /// <summary>Returns the connector of a connection, or that of the service's own files if it is null.</summary>
    public IConnector? Of(Connection? connection) => Find(connection?.Kind ?? OwnKind);

    public const string OwnKind = "own";
}
