using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// Opens the source and the destination of a transfer with its owner's rights, and reports failures that concern the whole connection.
/// </summary>
public sealed class TransferEnds(ConnectorSet connectors, IConnectionLedger connections, TimeProvider time)
{
    // Many small files can share one lookup of the connections.
    private static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(string Tenant, string Subject, Guid Id), (long At, Connection Connection)> _recent = new();

    internal async Task<Outcome<OpenEnds>> OpenAsync(Transfer transfer, Caller owner, CancellationToken cancellationToken)
    {
        var calls = new CallBook(time);
        var from = await ContextAsync(transfer, transfer.Source, owner, calls.Source, cancellationToken);
        var to = await ContextAsync(transfer, transfer.Destination, owner, calls.Destination, cancellationToken);
        if (!from.Ok)
            return from.Fault;
        if (!to.Ok)
            return to.Fault with { AtDestination = true };
        var origin = transfer.Source == WebAddress.Source ? connectors.Find(WebAddress.KindName) : connectors.Of(from.Value.Connection);
        if (origin?.Source(from.Value) is not { } source)
            return new StorageFault(FaultKind.Refused, "The source cannot be read from.");
        if (connectors.Of(to.Value.Connection)?.Sink(to.Value) is not { } sink)
            return new StorageFault(FaultKind.Refused, "The destination cannot be written to.") { AtDestination = true };
        return new OpenEnds(source, sink, calls)
        {
            Remover = transfer.Options.Move ? origin.Sink(from.Value) as IFollowingSink : null,
            Back = connectors.Of(to.Value.Connection)?.Source(to.Value),
            OpenedAt = time.GetTimestamp(),
            Kinds = (origin.Kind, connectors.Of(to.Value.Connection)!.Kind),
            RoomAsync = stop => RoomAsync(transfer, owner, stop),
        };
    }

    /// <summary>Returns the free bytes at the destination; null if unknown.</summary>
    internal async Task<long?> RoomAsync(Transfer transfer, Caller owner, CancellationToken cancellationToken)
    {
        var to = await ContextAsync(transfer, transfer.Destination, owner, NoCallLog.Instance, cancellationToken);
        if (!to.Ok || connectors.Of(to.Value.Connection) is not { } connector
            || await connector.AccountAsync(to.Value, cancellationToken) is not { Value: { } account })
            return null;
        if (transfer.Destination is { } connection)
            await connections.CheckedAsync(connection, account, cancellationToken);
        return account is { TotalBytes: { } total, UsedBytes: { } used } ? Math.Max(0, total - used) : null;
    }

    /// <summary>Reports a fault that concerns all work with the connection.</summary>
    internal async Task ReportAsync(Transfer transfer, StorageFault fault, TimeSpan pause)
    {
        // Web addresses belong to many servers, so a fault of one does not concern the others.
        if ((fault.AtDestination ? transfer.Destination : transfer.Source) is not { } connection || connection == WebAddress.Source)
            return;
        ConnectionState? state = fault.Kind switch
        {
            FaultKind.SignIn => ConnectionState.NeedsSignIn,
            FaultKind.Approval => ConnectionState.NeedsApproval,
            FaultKind.AppSecret => ConnectionState.AppSecretEnded,
            _ => null,
        };
        if (state is { } ended)
            await connections.SetStateAsync(connection, ended, fault.Sentence, CancellationToken.None);
        else if (FaultPolicy.HoldOf(fault, pause) is { } hold)
            await connections.HoldAsync(connection, hold, fault, CancellationToken.None);
    }

    private async Task<Outcome<ConnectorContext>> ContextAsync(
        Transfer transfer, Guid? id, Caller owner, ICallLog calls, CancellationToken cancellationToken)
    {
        if (id is null || id == WebAddress.Source)
            return new ConnectorContext(owner, null, calls) { Options = transfer.Options };
        return await ConnectionAsync((transfer.Tenant, transfer.Subject, id.Value), cancellationToken) is { } connection
            ? new ConnectorContext(owner, connection, calls) { Options = transfer.Options }
            : new StorageFault(FaultKind.Refused, "The connection was removed.");
    }

    private async Task<Connection?> ConnectionAsync(
        (string Tenant, string Subject, Guid Id) key, CancellationToken cancellationToken)
    {
        if (_recent.TryGetValue(key, out var recent) && time.GetElapsedTime(recent.At) < RememberFor)
            return recent.Connection;
        var at = time.GetTimestamp();
        var found = await connections.FindAsync(key.Tenant, key.Subject, key.Id, cancellationToken);
        // A connection that cannot be used is not cached, so that a new sign-in takes effect immediately.
        if (found is { State: ConnectionState.Ready })
            _recent[key] = (at, found);
        else
            _ = _recent.TryRemove(key, out _);
        return found;
    }
}

internal sealed record OpenEnds(ISource Source, ISink Sink, CallBook Calls) : IDisposable
{
    public required long OpenedAt { get; init; }

    /// <summary>The kinds of both storages.</summary>
    public required (string Source, string Destination) Kinds { get; init; }

    /// <summary>Reads the destination; null if it can only be written to.</summary>
    public ISource? Back { get; init; }

    /// <summary>Removes files at the source; <c>null</c> if it cannot or need not.</summary>
    public IFollowingSink? Remover { get; init; }

    /// <summary>Returns the free bytes at the destination.</summary>
    public Func<CancellationToken, Task<long?>>? RoomAsync { get; init; }

    /// <summary>Releases resources that an end holds between calls, such as an open response.</summary>
    public void Dispose()
    {
        (Source as IDisposable)?.Dispose();
        (Sink as IDisposable)?.Dispose();
        (Back as IDisposable)?.Dispose();
        (Remover as IDisposable)?.Dispose();
    }
}

/// <summary>Collects the calls of one attempt, until they are recorded.</summary>
internal sealed class CallBook
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private List<MadeCall> _calls = [];

    public CallBook(TimeProvider time)
    {
        _time = time;
        Source = new Side(this, atDestination: false);
        Destination = new Side(this, atDestination: true);
    }

    public ICallLog Source { get; }

    public ICallLog Destination { get; }

    public IReadOnlyList<MadeCall> Take()
    {
        lock (_lock)
        {
            var taken = _calls;
            _calls = [];
            return taken;
        }
    }

    /// <summary>
    /// Removes the failure of the last call, because the source failed within a piece and the request to the destination was cancelled.
    /// </summary>
    public void Withdraw()
    {
        lock (_lock)
        {
            if (_calls.FindLastIndex(one => one.AtDestination) is >= 0 and var last && _calls[last].Call.Status is null)
                _calls.RemoveAt(last);
        }
    }

    private void Add(bool atDestination, StorageCall call)
    {
        lock (_lock)
            _calls.Add(new MadeCall(atDestination, _time.GetUtcNow(), call));
    }

    private sealed class Side(CallBook book, bool atDestination) : ICallLog
    {
        public void Add(StorageCall call) => book.Add(atDestination, call);
    }
}
