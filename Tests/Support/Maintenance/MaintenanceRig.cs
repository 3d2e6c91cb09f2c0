using ChunkUpload.Core.Access;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Audit;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Fsck;
using ChunkUpload.Infrastructure.Tree;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support.Storage;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Support.Maintenance;

/// <summary>A real ledger and a real store with uploads, for tests of maintenance jobs and checks, and methods to damage both.</summary>
internal sealed class MaintenanceRig : IAsyncDisposable
{
    public const int ChunkSize = 10_000;

    private readonly List<RecordQueue> _queues = [];

    private MaintenanceRig(LedgerDatabase database) => Database = database;

    public LedgerDatabase Database { get; }

    public DiskStoreRig Disk { get; } = DiskStoreRig.Open();

    public IChunkStore Store => Disk.Store;

    public OtherStores Others { get; } = new();

    public Stores Stores => new(Disk.Store, Others, new SharedReception(isOn: false, 0, Others));

    public IRunningHashes Hashes { get; } = new OpenSslHashes();

    public PostgresUploadLedger Ledger { get; private set; } = null!;

    public PostgresTreeLedger Tree { get; private set; } = null!;

    public PostgresAuditLedger Audit { get; private set; } = null!;

    public IFsckLedger FsckLedger { get; private set; } = null!;

    public Incarnation Incarnation { get; private set; } = new();

    public static async Task<MaintenanceRig> OpenAsync(PostgresFixture postgres)
    {
        var rig = new MaintenanceRig(await postgres.CreateLedgerAsync());
        await rig.BeginIncarnationAsync();
        return rig;
    }

    /// <summary>Begins the next incarnation, as a restart does; the previous one is fenced.</summary>
    public async Task BeginIncarnationAsync()
    {
        Incarnation = new Incarnation();
        var calls = new LedgerCalls(Database, TimeProvider.System, NullLogger<LedgerCalls>.Instance);
        var queue = new RecordQueue(Database, calls, RecordQueue.LockTimeout, TimeProvider.System, NullLogger<RecordQueue>.Instance);
        _queues.Add(queue);
        Ledger = new PostgresUploadLedger(calls, queue, Incarnation, NullLogger<PostgresUploadLedger>.Instance);
        Tree = new PostgresTreeLedger(calls, Incarnation);
        Audit = new PostgresAuditLedger(calls);
        FsckLedger = new FsckLedger(calls, () => DiskStoreRig.Id, () => Others.Shared?.Id);
        await Ledger.BeginIncarnationAsync(TestNode.Begun(DiskStoreRig.Id, "boot", Durability.Committed), CancellationToken.None);
    }

    public async Task<UploadId> SessionAsync(long? size, string name = "film.mp4")
    {
        var created = await Ledger.CreateAsync(
            new NewUpload(
                UploadId.New(), Caller.Operator, UploadProtocol.Session, name, "video/mp4", new Dictionary<string, string>(), size, null,
                TimeSpan.FromHours(24), null, null),
            CancellationToken.None);
        return created.Value!.Upload.Id;
    }

    public static byte[] BytesAt(long offset, int length)
    {
        var bytes = new byte[length];
        new Random((int)(offset % int.MaxValue) + 1).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The bytes of the first chunks, as an assembly has them.</summary>
    public static byte[] BytesOfChunks(int count) =>
        [.. Enumerable.Range(0, count).SelectMany(index => BytesAt(index * (long)ChunkSize, ChunkSize))];

    public async Task<StoredFile> FileAsync(byte[] bytes, StoredFileKind kind = StoredFileKind.Chunk)
    {
        var file = DiskStoreRig.NewFile(kind, Incarnation.Id);
        await using var writer = await Disk.WriteAsync(file, bytes);
        await writer.FlushAsync(final: true, CancellationToken.None);
        if (kind == StoredFileKind.Chunk)
            await writer.RenameDurablyAsync(CancellationToken.None);
        return file;
    }

    /// <summary>A received chunk.</summary>
    public async Task<StoredFile> ChunkAsync(UploadId id, long offset, int length = ChunkSize)
    {
        var bytes = BytesAt(offset, length);
        var file = await FileAsync(bytes);
        var answer = await Ledger.RecordChunkAsync(
            new NewChunk(id, new ByteRange(offset, length), Sha256Digest.Of(bytes), file, DateTimeOffset.UnixEpoch),
                CancellationToken.None);
        Assert.Equal(RecordOutcome.Recorded, answer.Outcome);
        return file;
    }

    /// <summary>A finished file of this number of chunks.</summary>
    public async Task<(UploadId Id, StoredFile[] Files)> FinishedAsync(int chunks, string name = "film.mp4")
    {
        var id = await SessionAsync(chunks * (long)ChunkSize, name);
        var files = new StoredFile[chunks];
        for (var index = 0; index < chunks; index++)
            files[index] = await ChunkAsync(id, index * (long)ChunkSize);
        var completed = await Ledger.BeginCompleteAsync(Caller.Operator, id, null, null, CancellationToken.None);
        Assert.Equal(UploadState.Completed, completed.Value!.State);
        var whole = Enumerable.Range(0, chunks).SelectMany(index => BytesAt(index * (long)ChunkSize, ChunkSize)).ToArray();
        await SqlAsync("update uploads set sha256 = @Sha256, hash_bytes = size where id = @Id",
            new { Sha256 = Sha256Digest.Of(whole).ToArray(), Id = id.Value });
        return (id, files);
    }

    /// <summary>The prefix of a broken chunk.</summary>
    public async Task<StoredFile> PrefixAsync(UploadId id, long offset, int kept)
    {
        var bytes = BytesAt(offset, kept);
        var file = await FileAsync(bytes);
        Assert.True(await Ledger.RecordPrefixAsync(
            id, new Prefix(offset, ChunkSize, null, kept, Sha256Digest.Of(bytes), [1], file, 7, Incarnation.Id), null,
                CancellationToken.None));
        return file;
    }

    public async Task<Upload> GetAsync(UploadId id) => (await Ledger.GetAsync(id, CancellationToken.None))!;

    public async Task<int> SqlAsync(string sql, object? parameters = null)
    {
        await using var connection = await Database.OpenConnectionAsync(CancellationToken.None);
        return await connection.ExecuteAsync(sql, parameters);
    }

    /// <summary>Advances the service's own clock.</summary>
    public Task AgeAsync(TimeSpan by) =>
        SqlAsync("update service_clock set seconds = seconds + @Seconds", new { Seconds = by.TotalSeconds });

    public void FlipBit(StoredFile file, long at)
    {
        using var stream = new FileStream(Disk.PathOf(file), FileMode.Open, FileAccess.ReadWrite);
        stream.Position = at;
        var value = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte((byte)(value ^ 0x10));
    }

    public void Cut(StoredFile file, long length)
    {
        using var stream = new FileStream(Disk.PathOf(file), FileMode.Open, FileAccess.ReadWrite);
        stream.SetLength(length);
    }

    public bool Exists(StoredFile file) => Store.Length(file) is not null;

    public int TrashedFiles() => Directory.GetFiles(Path.Combine(Disk.Folder, DiskLayout.Trash)).Length;

    public async ValueTask DisposeAsync()
    {
        foreach (var queue in _queues)
            await queue.DisposeAsync();
        await Database.DisposeAsync();
        Disk.Dispose();
    }
}
