using System.IO.Pipelines;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Transfers.Copying;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Tests.Support.Transfers;

/// <summary>A copy in memory: the test decides what both ends and the checkpoint answer.</summary>
internal sealed class FakeCopy(byte[] bytes)
{
    public const int PieceSize = 1000;

    private static readonly OpenSslHashes Hashes = new();

    public FakeSource Source { get; } = new(bytes);

    public FakeSink Sink { get; } = new();

    public FakeCheckpoint Checkpoint { get; } = new();

    public VerifyBy Verify { get; init; } = VerifyBy.Digest;

    /// <summary>Runs an attempt from the recorded state.</summary>
    public Task<Outcome<CopyEnd>> RunAsync()
    {
        var rules = new CopyRules("folder", PieceSize, Verify, null);
        return new FileCopy(Source, Sink, Checkpoint, rules, Checkpoint.State, Hashes).RunAsync(CancellationToken.None);
    }
}

internal sealed class FakeSource(byte[] bytes) : IVersionSource
{
    public SourceItem Item { get; set; } = new("source", "a.bin", StorageItemKind.File)
    {
        Size = bytes.Length,
        Pin = "v1",
        Modified = DateTimeOffset.UnixEpoch,
    };

    /// <summary>The offset at which the source fails.</summary>
    public int BreaksAt { get; set; } = int.MaxValue;

    /// <summary>Called after each range that was read.</summary>
    public Action Read { get; set; } = () => { };

    public SourceTraits Traits { get; } = new([]);

    public Task<Outcome<SourcePage>> ListAsync(string folder, string? cursor, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<Outcome<SourceItem>> StatAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<SourceItem>>(Item);

    public Task<Outcome<SourceItem>> EarlierAsync(string id, string version, long size, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<SourceItem>>(new SourceItem(id, "", StorageItemKind.File) { Size = size, Pin = version });

    public async Task<StorageFault?> ReadAsync(
        SourceItem item, long offset, long length, PipeWriter into, CancellationToken cancellationToken)
    {
        var most = (int)Math.Min(length, Math.Max(0, BreaksAt - offset));
        _ = await into.WriteAsync(bytes.AsMemory((int)offset, most), cancellationToken);
        Read();
        return most == length ? null : new StorageFault(FaultKind.Transient, "The source broke off.");
    }
}

/// <summary>A destination whose last piece makes the file.</summary>
internal sealed class FakeSink : ISink
{
    public List<byte> Bytes { get; } = [];

    /// <summary>Changes the destination's description of the created file.</summary>
    public Func<SinkEntry, SinkEntry> Made { get; set; } = made => made;

    public int Files { get; private set; }

    public int Begun { get; private set; }

    /// <summary>Gets a value that indicates whether pieces are ignored without an error.</summary>
    public bool AcceptsNothing { get; init; }

    /// <summary>How many pieces were sent.</summary>
    public int Puts { get; private set; }

    /// <summary>The file that was started last.</summary>
    public SinkFile? File { get; private set; }

    public List<string> Discarded { get; } = [];

    public List<string> Aborted { get; } = [];

    public SinkTraits Traits { get; } = new(1, 1 << 20, Ids: false, [DigestKind.Sha256]);

    public string PlaceOf(string folder) => folder;

    public Task<Outcome<IReadOnlyList<string>>> NewIdsAsync(int count, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<Outcome<IReadOnlyList<SinkEntry>>> FindAsync(string folder, string name, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<Outcome<SinkEntry>> MakeFolderAsync(string folder, string name, string? id, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<Outcome<SinkEntry>> StatAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Outcome<SinkSession>> BeginAsync(SinkFile file, CancellationToken cancellationToken)
    {
        Begun++;
        File = file;
        Bytes.Clear();
        return Task.FromResult<Outcome<SinkSession>>(new SinkSession($"session {Begun}", null));
    }

    public async Task<Outcome<SinkProgress>> PutAsync(
        string session, SinkFile file, long offset, IPiece piece, CancellationToken cancellationToken)
    {
        Assert.Equal(Bytes.Count, offset);
        Puts++;
        if (AcceptsNothing)
        {
            Assert.True(Puts < 10, "The same piece is sent again and again.");
            return new SinkProgress(offset, null);
        }

        var buffer = new byte[piece.Length];
        for (var at = 0; at < piece.Length;)
        {
            try
            {
                var read = await piece.ReadAsync(at, buffer.AsMemory(), cancellationToken);
                Bytes.AddRange(buffer[..read]);
                at += read;
            }
            catch (IOException)
            {
                return new StorageFault(FaultKind.Transient, "The source has failed.");
            }
        }

        if (Bytes.Count < file.Size)
            return new SinkProgress(Bytes.Count, null);
        Files++;
        var made = new SinkEntry("made", file.Name, StorageItemKind.File) { Size = file.Size, Modified = file.Modified };
        return new SinkProgress(Bytes.Count, Made(made));
    }

    public Task<Outcome<SinkProgress>> QueryAsync(string session, SinkFile file, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<SinkProgress>>(new SinkProgress(Bytes.Count, null));

    public Task<Outcome<SinkEntry>> CommitAsync(string session, SinkFile file, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task AbortAsync(string session, CancellationToken cancellationToken)
    {
        Aborted.Add(session);
        return Task.CompletedTask;
    }

    public Task<StorageFault?> DiscardAsync(SinkEntry made, CancellationToken cancellationToken)
    {
        Discarded.Add(made.Id);
        return Task.FromResult<StorageFault?>(null);
    }
}

/// <summary>Keeps the steps in memory, and may be killed after any of them.</summary>
internal sealed class FakeCheckpoint : ICopyCheckpoint
{
    public CopyState State { get; private set; } = new("source", "a.bin");

    public List<CopyStep> Steps { get; } = [];

    /// <summary>The file at the destination that gets the content as a new version.</summary>
    public string? Replaces { get; set; }

    /// <summary>How many more records succeed before the process is killed.</summary>
    public int RecordsLeft { get; set; } = int.MaxValue;

    public int Interruptions { get; private set; }

    public Task<bool> SaveAsync(IReadOnlyList<CopyStep> steps, CancellationToken cancellationToken)
    {
        if (RecordsLeft-- <= 0)
            throw new KilledException();
        Steps.AddRange(steps);
        State = steps.Aggregate(State, (state, step) => state.After(step));
        return Task.FromResult(true);
    }

    public async Task<Outcome<CopyChoice>> ChooseAsync(
        SourceItem found, CopyState state, IReadOnlyList<CopyStep> unsaved, CancellationToken cancellationToken)
    {
        var target = new CopyTargeted(state.Name, null, Replaces);
        _ = await SaveAsync([.. unsaved, target], cancellationToken);
        return new CopyChoice(target, null);
    }

    /// <summary>Gets a value that indicates whether other work waits.</summary>
    public bool Yields { get; set; }

    public Task<long?> RoomAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    public Task<bool> YieldsAsync(CancellationToken cancellationToken) => Task.FromResult(Yields);

    public long NextPiece(long most) => most;

    public void Progress()
    {
    }

    public void Sending(int bytes)
    {
    }

    public ValueTask PaceAsync(int bytes) => ValueTask.CompletedTask;

    public void Interrupted() => Interruptions++;
}

internal sealed class KilledException : Exception;
