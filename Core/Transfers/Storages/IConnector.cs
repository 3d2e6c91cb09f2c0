using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>A kind of storage. To add one: a folder in Infrastructure/Connectors with a class that implements this.</summary>
public interface IConnector
{
    /// <summary>The name in requests and in the ledger.</summary>
    string Kind { get; }

    /// <summary>Gets a value that indicates whether its places are accounts that users connect. The service's own files are none.</summary>
    bool NeedsConnection { get; }

    /// <summary>Returns null if it cannot be read from.</summary>
    ISource? Source(ConnectorContext context);

    /// <summary>Returns null if it cannot be written to.</summary>
    ISink? Sink(ConnectorContext context);

    /// <summary>Whose account it is and how full; also the test whether the connection works.</summary>
    Task<Outcome<StorageAccount>> AccountAsync(ConnectorContext context, CancellationToken cancellationToken);

    /// <summary>Withdraws the sign-in at the provider; best effort.</summary>
    Task RevokeAsync(ConnectorContext context, CancellationToken cancellationToken);

    /// <summary>Why such a secret cannot be one of this kind, one sentence; null if it can.</summary>
    string? Fault(ConnectionSecret secret);

    /// <summary>An object's id as it is stored: protected, where ids are secrets. The source takes both.</summary>
    string Stored(string id) => id;

    /// <summary>Why a connection of this kind cannot have these settings, one sentence; null if it can.</summary>
    string? SettingsFault(IReadOnlyDictionary<string, string> settings) =>
        settings.Count == 0 ? null : $"A connection of the kind {Kind} takes no {string.Join(", ", settings.Keys)}.";
}

/// <param name="Owner">With whose rights it is used.</param>
/// <param name="Connection">Null for the service's own files.</param>
/// <param name="Calls">Gets every call to the provider.</param>
public sealed record ConnectorContext(Caller Owner, Connection? Connection, ICallLog Calls)
{
    /// <summary>A secret that is used in place of the stored one, and is not kept; null means the stored one.</summary>
    public SecretTrial? Trial { get; init; }

    /// <summary>How the transfer wants it, for connectors that can choose.</summary>
    public TransferOptions Options { get; init; } = new();
}

/// <summary>Gets the calls to a provider: their names and results, never an address or a body.</summary>
public interface ICallLog
{
    void Add(StorageCall call);
}

/// <param name="Status">Null if no answer came.</param>
/// <param name="RequestId">As the provider calls it.</param>
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

    /// <summary>The connector of a connection; null means of the service's own files.</summary>
    public IConnector? Of(Connection? connection) => Find(connection?.Kind ?? OwnKind);

    public const string OwnKind = "own";
}
