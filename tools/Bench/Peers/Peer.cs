using System.Globalization;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers;

/// <summary>A running server under test, in a control group of its own.</summary>
internal sealed class Peer : IAsyncDisposable
{
    public required PeerKind Kind { get; init; }

    public required Uri Address { get; init; }

    public string? Key { get; init; }

    public required ControlGroup Group { get; init; }

    /// <summary>PostgreSQL's processes; null when there are none.</summary>
    public ControlGroup? Database { get; init; }

    /// <summary>Where an upload is stored, for a server whose downloads are not reliable.</summary>
    public Func<string, string>? FileOf { get; init; }

    public required IAsyncDisposable Process { get; init; }

    public long PeakBytes() => Group.Processes.Sum(ProcessFacts.PeakBytes);

    /// <summary>The memory of PostgreSQL's processes, with shared pages counted once.</summary>
    public long DatabaseBytes() => Database?.Processes.Sum(ProcessFacts.ProportionalBytes) ?? 0;

    /// <summary>Bytes that read calls have returned so far; recv does not count.</summary>
    public long ReadBytes() => Group.Processes.Sum(ProcessFacts.ReadBytes);

    /// <summary>Bytes that write calls have taken so far; send does not count.</summary>
    public long WrittenBytes() => Group.Processes.Sum(ProcessFacts.WrittenBytes);

    /// <summary>
    /// The number of writing transactions so far, read from their ids, because PostgreSQL's statistics lag by up to ten seconds.
    /// </summary>
    public long Transactions() => Process is ServiceProcess service
        ? long.Parse(service.Ask("select pg_snapshot_xmax(pg_current_snapshot())"), CultureInfo.InvariantCulture)
        : 0;

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        await Group.DisposeAsync();
        if (Database is not null)
            await Database.DisposeAsync();
    }

    public override string ToString() => $"{Kind.Name} at {Address}";
}
