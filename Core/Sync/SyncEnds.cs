using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>Both sides of a pair, opened with its owner's rights.</summary>
/// <param name="Left">Reads the left side.</param>
/// <param name="Right">Reads the right side.</param>
/// <param name="LeftSink">Changes the left side; <c>null</c> if nothing may change it.</param>
/// <param name="RightSink">Changes the right side.</param>
public sealed record OpenPair(ISource Left, ISource Right, IFollowingSink? LeftSink, IFollowingSink RightSink) : IDisposable
{
    /// <summary>The sides that have a change feed.</summary>
    public IEnumerable<IChangeFeed> Feeds => new[] { Left, Right }.OfType<IChangeFeed>();

    public ISource SourceAt(SyncSide side) => side == SyncSide.Left ? Left : Right;

    public IFollowingSink SinkAt(SyncSide side) =>
        side == SyncSide.Right ? RightSink : LeftSink ?? throw new InvalidOperationException("This pair changes only its right side.");

    public void Dispose()
    {
        (Left as IDisposable)?.Dispose();
        (Right as IDisposable)?.Dispose();
        (LeftSink as IDisposable)?.Dispose();
        (RightSink as IDisposable)?.Dispose();
    }
}

/// <summary>Opens the sides of pairs.</summary>
public sealed class SyncEnds(ConnectorSet connectors, IConnectionLedger connections)
{
    public async Task<Outcome<OpenPair>> OpenAsync(
        Caller owner, Guid? left, Guid? right, SyncWay way, TransferOptions options, CancellationToken cancellationToken)
    {
        var from = await ContextAsync(owner, left, options, cancellationToken);
        if (!from.Ok)
            return from.Fault;
        // Exports of documents on the right side are not copies of files.
        var to = await ContextAsync(owner, right, options with { Export = false }, cancellationToken);
        if (!to.Ok)
            return to.Fault with { AtDestination = true };
        if (connectors.Of(from.Value.Connection)?.Source(from.Value) is not { } source)
            return new StorageFault(FaultKind.Refused, "The left side cannot be read from.");
        if (connectors.Of(to.Value.Connection)?.Source(to.Value) is not { } back)
            return new StorageFault(FaultKind.Refused, "The right side cannot be read from.") { AtDestination = true };
        if (!IsProven(source))
            return Refuse(Unknown);
        if (connectors.Of(to.Value.Connection)?.Sink(to.Value) is not IFollowingSink sink)
            return Refuse(Unchangeable with { AtDestination = true });
        if (!IsProven(back))
            return Refuse(Unknown with { AtDestination = true });
        if (way == SyncWay.LeftToRight)
            return new OpenPair(source, back, null, sink);
        return connectors.Of(from.Value.Connection)?.Sink(from.Value) is IFollowingSink other
            ? new OpenPair(source, back, other, sink)
            : Refuse(Unchangeable);

        StorageFault Refuse(StorageFault fault)
        {
            (source as IDisposable)?.Dispose();
            (back as IDisposable)?.Dispose();
            return fault;
        }
    }

    private async Task<Outcome<ConnectorContext>> ContextAsync(
        Caller owner, Guid? id, TransferOptions options, CancellationToken cancellationToken)
    {
        Connection? connection = null;
        if (id is { } known)
        {
            connection = await connections.FindAsync(owner.Tenant, owner.Subject, known, cancellationToken);
            if (connection is null)
                return new StorageFault(FaultKind.Refused, "The connection was removed.");
        }

        return new ConnectorContext(owner, connection, NoCallLog.Instance) { Options = options };
    }

    /// <summary>
    /// Returns the identities of a folder and of its parents, which are the same for all connections; empty if the storage cannot be
    /// reached now, or not from this node.
    /// </summary>
    public async Task<IReadOnlyList<string>> LineageAsync(Caller owner, SyncPlace place, CancellationToken cancellationToken)
    {
        var context = await ContextAsync(owner, place.Connection, new TransferOptions(), cancellationToken);
        if (!context.Ok || context.Value.Connection?.Node is not null || connectors.Of(context.Value.Connection) is not { } connector
            || connector.Source(context.Value) is not { } source)
            return [];
        using var reading = source as IDisposable;
        if (connector.Sink(context.Value) is not { } sink)
            return [];
        using var writing = sink as IDisposable;
        var root = await source.StatAsync(place.Root, cancellationToken);
        if (!root.Ok)
            return [sink.PlaceOf(place.Root)];
        var above = await SyncLineage.ReadAsync(source, root.Value, cancellationToken);
        return [sink.PlaceOf(place.Root), .. above.Ok ? above.Value.Select(sink.PlaceOf) : []];
    }

    /// <summary>
    /// Returns whether a side can prove that its folder is the one that was chosen. An id that stays the same when the folder is moved
    /// needs no other proof.
    /// </summary>
    private static bool IsProven(ISource source) => source.Traits.HasIdentities || source is IRootMark;

    private static StorageFault Unknown { get; } = new(
        FaultKind.Refused, "This storage cannot be kept in sync: its folders cannot be told apart from others later.");

    private static StorageFault Unchangeable { get; } = new(
        FaultKind.Refused, "A pair cannot change this storage, or its operator does not let it.");
}
