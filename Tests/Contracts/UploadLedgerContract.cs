using System.Globalization;
using System.Text;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Contracts;

/// <summary>
/// The contract of every ledger, wherever it keeps its rows. To test a ledger, derive from this class. Races are gated: a test holds an
/// upload's lock, starts the competing operations, waits until all of them wait for the lock, and releases it.
/// </summary>
public abstract partial class UploadLedgerContract : IAsyncLifetime
{
    protected static readonly CancellationToken None = CancellationToken.None;

    protected static readonly Caller Me = new("tenant-a", "subject-1");

    protected static readonly Guid Node = new("6a5f1c0e-0001-4000-8000-000000000001");

    private protected PostgresUploadLedger Ledger { get; private set; } = null!;

    protected Incarnation Incarnation { get; } = new();

    /// <summary>Makes an empty ledger.</summary>
    protected abstract Task PrepareAsync();

    protected abstract Task CleanAsync();

    /// <summary>The ledger as a newly started process opens it.</summary>
    private protected abstract PostgresUploadLedger Open(Incarnation incarnation);

    /// <summary>Holds the upload's lock until disposed.</summary>
    protected abstract Task<IAsyncDisposable> HoldAsync(UploadId id);

    /// <summary>Completes when this number of operations wait for locks.</summary>
    protected abstract Task WaitingAsync(int operations);

    /// <summary>Advances the service clock.</summary>
    protected abstract Task AgeAsync(TimeSpan by);

    /// <summary>The kinds of the upload's events, in order.</summary>
    protected abstract Task<IReadOnlyList<string>> EventsAsync(UploadId id);

    public async Task InitializeAsync()
    {
        await PrepareAsync();
        Ledger = Open(Incarnation);
        await Ledger.BeginIncarnationAsync(TestNode.Begun(Node, "boot-1", Durability.Committed), None);
    }

    public Task DisposeAsync() => CleanAsync();

    /// <summary>The next process on the same store.</summary>
    private protected async Task<(PostgresUploadLedger Ledger, Incarnation Incarnation)> BeginAsync(
        string boot = "boot-1", Durability durability = Durability.Committed)
    {
        var incarnation = new Incarnation();
        var ledger = Open(incarnation);
        await ledger.BeginIncarnationAsync(TestNode.Begun(Node, boot, durability), None);
        return (ledger, incarnation);
    }

    protected static NewUpload Session(
        long? size, string name = "film.mp4", Sha256Digest? sha256 = null, UploadProtocol protocol = UploadProtocol.Session,
        TimeSpan? idle = null, string? key = null, string request = "", Caller? caller = null) =>
        new(UploadId.New(), caller ?? Me, protocol, name, "video/mp4", new Dictionary<string, string>(), size, sha256,
            idle ?? TimeSpan.FromHours(24), key, key is null ? null : Digest(request));

    protected async Task<UploadId> NewAsync(
        long? size, string name = "film.mp4", Sha256Digest? sha256 = null, UploadProtocol protocol = UploadProtocol.Session,
            TimeSpan? idle = null)
    {
        var created = await Ledger.CreateAsync(Session(size, name, sha256, protocol, idle), None);
        return created.Value!.Upload.Id;
    }

    protected static Sha256Digest Digest(string text) => Sha256Digest.Of(Encoding.UTF8.GetBytes(text));

    protected static Sha256Digest DigestOf(long offset, long length, int variant = 0) =>
        Digest(string.Create(CultureInfo.InvariantCulture, $"{offset}+{length}/{variant}"));

    protected StoredFile NewFile(StoredFileKind kind = StoredFileKind.Chunk) => StoredFile.New(Node, kind, Incarnation.Id);

    /// <summary>A chunk; the variant stands for its bytes.</summary>
    protected NewChunk Chunk(UploadId id, long offset, long length, int variant = 0, StoredFile? file = null) =>
        new(id, new ByteRange(offset, length), DigestOf(offset, length, variant), file ?? NewFile(),
            new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    protected async Task<NewChunk> RecordAsync(UploadId id, long offset, long length, int variant = 0)
    {
        var chunk = Chunk(id, offset, length, variant);
        var answer = await Ledger.RecordChunkAsync(chunk, None);
        Assert.Equal(RecordOutcome.Recorded, answer.Outcome);
        return chunk;
    }

    protected Prefix NewPrefix(long offset, long kept, long? length = 100, int variant = 0, StoredFile? file = null, long attempt = 11) =>
        new(offset, length, DigestOf(offset, length ?? 0, variant), kept, DigestOf(offset, kept, variant), [1, 2, 3], file ?? NewFile(),
            attempt, Incarnation.Id);

    protected async Task<Prefix?> PrefixAsync(UploadId id, long offset) =>
        (await Ledger.InspectChunkAsync(Me, id, new ByteRange(offset, 1), None)).Prefix;

    protected async Task<Upload> GetAsync(UploadId id) => (await Ledger.FindAsync(Me, id, None))!;

    protected static UploadError? ErrorOf<T>(Result<T> result)
        where T : class => result.Failure?.Error;
}
